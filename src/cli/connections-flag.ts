import { Failure } from "../base/failure.ts";
import type { FlagSpec } from "./command-spec.ts";
import type { CommandInput } from "./invocation.ts";

export const connectionsSpec: FlagSpec = {
  flags: "--connections <n>",
  description:
    "how many requests may be under way at once, 1 to 256 (else 16); fewer while the store asks to slow down",
};

/** The number that --connections gives, or undefined. Fails with `usage` for anything that is none from 1 to 256. */
export function connectionsFlag(input: CommandInput): number | undefined {
  const text = input.text("connections");
  if (text === undefined) return undefined;
  const connections = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (connections >= 1 && connections <= 256) return connections;
  throw new Failure({
    kind: "usage",
    action: "use",
    subject: `--connections ${text}`,
    problem: "it is no number from 1 to 256",
    hint: "--connections 16",
  });
}
