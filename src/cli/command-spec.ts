import type { CommandAction } from "./invocation.ts";

/** A flag in commander's notation: `--target <dir>`. */
export interface FlagSpec {
  readonly flags: string;
  readonly description: string;
  /** May be given more than once. */
  readonly repeatable?: boolean;
}

/** A word after the command: `[repository]`, `<snapshot>`. */
export interface WordSpec {
  readonly name: string;
  readonly optional?: boolean;
  readonly description: string;
}

/** A command as its help, its documentation and its parser all know it. */
export interface CommandSpec {
  /** With its group: `rollback plan`. */
  readonly name: string;
  readonly summary: string;
  /** What it does, for whom, and what it never does; shown by --help under the usage line. */
  readonly description: string;
  readonly words: readonly WordSpec[];
  readonly flags: readonly FlagSpec[];
  /** Complete command lines, each with what it does. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Takes words after `--`. */
  readonly takesRest?: boolean;
  /** Loads the code that runs it, no sooner than it is needed. */
  readonly load: () => Promise<CommandAction>;
}
