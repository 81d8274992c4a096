import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Screen } from "./render/screen.ts";

/** What holds for every command, from the flags before it. */
export interface GlobalOptions {
  readonly config: string | undefined;
  readonly stateDir: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
}

/** One run of one command: everything it may touch of the world around it. */
export interface Invocation {
  readonly options: GlobalOptions;
  readonly screen: Screen;
  readonly clock: Clock;
  /** Aborted by Ctrl-C, a termination or a hang-up; its reason is a Failure of kind `interrupted`. */
  readonly signal: AbortSignal;
  /** Null without --verbose. */
  readonly log: Log | null;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The words after `--`. */
  readonly rest: readonly string[];
}

/** What a command gives back: its exit code and the fields of its `result` line; null where its output is all. */
export interface CommandOutcome {
  readonly exitCode: number;
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** The words and flags of one command, as its spec names them. */
export interface CommandInput {
  /** By the names of the spec's words, `undefined` where one was left out. */
  readonly words: Readonly<Record<string, string | undefined>>;
  /** A flag with a value, or undefined. */
  text(flag: string): string | undefined;
  /** A flag that was given without a value. */
  has(flag: string): boolean;
  /** A flag that may be given more than once. */
  list(flag: string): readonly string[];
}

export type CommandAction = (invocation: Invocation, input: CommandInput) => Promise<CommandOutcome>;
