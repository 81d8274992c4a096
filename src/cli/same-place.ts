import { commandSpecs } from "./command-specs.ts";
import type { GlobalOptions } from "./invocation.ts";

const names = [...new Set(commandSpecs.map(({ name }) => name.split(" ")[0] ?? ""))].join("|");
const command = new RegExp(`\\bholdfast (?=(?:${names})\\b)`, "g");

/**
 * A text with command lines to type next, in which each names the same configuration and state as this run did: what
 * was planned under `--state-dir` is not found without it.
 */
export function inSamePlace(text: string, { config, stateDir }: Pick<GlobalOptions, "config" | "stateDir">): string {
  const flags = [
    ...(config === undefined ? [] : ["--config", quoted(config)]),
    ...(stateDir === undefined ? [] : ["--state-dir", quoted(stateDir)]),
  ];
  return flags.length === 0 ? text : text.replaceAll(command, `holdfast ${flags.join(" ")} `);
}

function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
