import { realpathSync } from "node:fs";
import path from "node:path";
import { firstOnPath } from "../../adapters/process/search-path.ts";

export interface Started {
  /** What runs: Node, and the file that it was given. */
  readonly node: string;
  readonly program: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * The words with which this very program is started again from any folder of the user's own shell: `holdfast` where that
 * is what PATH finds, else Node with the program's file. npm puts folders of its own before PATH, which a user's shell
 * does not have, so under npm nothing is taken from there.
 */
export async function ownCommand({ node, program, variables }: Started): Promise<readonly string[]> {
  const searchPath = variables["npm_lifecycle_event"] === undefined ? (variables["PATH"] ?? "") : "";
  if (isSame(await firstOnPath("holdfast", searchPath), program)) return ["holdfast"];
  return [isSame(await firstOnPath("node", searchPath), node) ? "node" : node, path.resolve(program)];
}

function isSame(found: string | null, file: string): boolean {
  return found !== null && path.isAbsolute(found) && realpathSync(found) === realpathSync(file);
}

/** The words as one line for a shell. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
