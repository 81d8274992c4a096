import { commandGroups, commandSpecs } from "./command-specs.ts";
import { globalFlags } from "./global-flags.ts";
import { definition, wrap } from "./render/table.ts";

/** The first sentence of the help, and of the README. */
export const purpose =
  "Drives restic against versioned S3 storage so that an intruder cannot destroy the backups, and rolls the bucket back when one tries.";

/** What `holdfast --help` prints. It needs no parser, so that it comes as fast as a program can start. */
export function topLevelHelp(width: number): string {
  const flags = [
    ...globalFlags.map(({ flags: name, description }) => [name, description] as const),
    ["--version", "print the version"] as const,
    ["-h, --help", "print this help, or a command's: holdfast backup --help"] as const,
  ];
  const commands = new Map<string, string>();
  for (const { name, summary } of commandSpecs) {
    const [first = ""] = name.split(" ");
    commands.set(first, commandGroups[first] ?? summary);
  }
  return [
    ...wrap("Usage: holdfast [options] <command> [repository]", width, "  "),
    "",
    ...wrap(purpose, width),
    "",
    "Commands:",
    ...columns([...commands], width),
    "",
    "Options:",
    ...columns(flags, width),
    "",
    ...wrap("To begin: holdfast demo shows the whole story on this machine; docs/ has the manual.", width),
    "",
  ].join("\n");
}

function columns(rows: readonly (readonly [string, string])[], width: number): readonly string[] {
  const widest = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => definition(name, text, { widest, width }));
}
