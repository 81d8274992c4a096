import type { FlagSpec } from "./command-spec.ts";

/** The flags that stand before any command, or after it. */
export const globalFlags: readonly FlagSpec[] = [
  {
    flags: "--config <file>",
    description: "the configuration (else $HOLDFAST_CONFIG, the user's, /etc/holdfast/config.yaml)",
  },
  { flags: "--state-dir <dir>", description: "where plans, journals and records are kept" },
  { flags: "--json", description: "JSON lines on stdout; the last one is the result or the failure" },
  { flags: "--verbose", description: "say more on stderr" },
  { flags: "--quiet", description: "say nothing but results and failures" },
  { flags: "--yes", description: "answer yes to what would be asked" },
];
