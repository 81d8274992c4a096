import type { ResticVersion } from "./version.ts";

/** One run of restic. `environment` is all that the process gets; nothing is inherited. Secrets stand only there. */
export interface ResticCall {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Called for each line as it comes, without its newline. What they return is not waited for; what they throw fails the
   * run, once restic has ended.
   */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
  /** Aborting sends SIGINT, waits for restic to take its lock away, then kills. Never SIGTERM on a restic < 0.17. */
  readonly signal?: AbortSignal;
  /**
   * `inherit` hands our own stdin, stdout and stderr through, for `exec`: restic then shares our process group, a Ctrl-C
   * typed at the terminal reaches it without us, and its exit code stays as it is. Default `lines`.
   */
  readonly streams?: "lines" | "inherit";
}

export interface ResticOutcome {
  /** restic's own; 130 when it was interrupted, 128 + n when signal n ended it. */
  readonly exitCode: number;
  /** It did not end within the patience after SIGINT and was killed: its lock may still stand. */
  readonly wasKilled?: boolean;
  /** Every line of stdout for calls that did not take them by `onStdoutLine`; else empty. */
  readonly stdout: readonly string[];
  /** The last 200 lines of stderr. */
  readonly stderr: readonly string[];
}

/** A restic that was found and whose version is known. */
export interface ResticProgram {
  readonly path: string;
  readonly version: ResticVersion;
  /**
   * Runs restic, in a process group of its own unless `inherit`, and resolves once it has ended and both pipes are read
   * to their end, whatever its exit code. Fails with `program-missing` when it cannot be started.
   */
  run(call: ResticCall): Promise<ResticOutcome>;
}
