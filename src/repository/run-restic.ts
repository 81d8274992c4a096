import type { Failure } from "../base/failure.ts";
import { parseResticLine, type ResticEvent } from "../restic/events.ts";
import { removeStaleLocks } from "../restic/exclusive-access.ts";
import { failureOfRestic } from "../restic/exit-code.ts";
import { supports } from "../restic/features.ts";
import type { ResticOutcome } from "../restic/restic-program.ts";
import type { ResticSession } from "../restic/restic-session.ts";

/** How a command follows a run of restic. */
export interface ResticRun {
  readonly session: ResticSession;
  readonly signal: AbortSignal | undefined;
  readonly onEvent?: ((event: ResticEvent) => void) | undefined;
}

/** Runs restic and hands each line of both pipes on as an event. Errors that restic prints as JSON may stand in either. */
export async function runRestic(run: ResticRun, words: readonly string[]): Promise<ResticOutcome> {
  const { session, signal, onEvent } = run;
  const take = (line: string): void => onEvent?.(parseResticLine(line));
  const outcome = await session.program.run({
    arguments: words,
    environment: session.environment,
    onStdoutLine: take,
    onStderrLine: take,
    ...(signal === undefined ? {} : { signal }),
  });
  // Interrupted just after it wrote its lock, restic 0.14 leaves it behind, and so does any that had to be killed; the
  // process being dead, the lock counts as stale at once.
  const mayLeaveLock = outcome.wasKilled === true || !supports(session.program.version, "retry-lock");
  if (outcome.exitCode === 130 && mayLeaveLock) {
    await removeStaleLocks(session, undefined);
  }
  return outcome;
}

/** Runs restic for its output. */
export async function readRestic({ session, signal }: ResticRun, words: readonly string[]): Promise<ResticOutcome> {
  return await session.program.run({
    arguments: words,
    environment: session.environment,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The failure of an outcome in the words of one repository, or null. */
export function failureIn(session: ResticSession, action: string, outcome: ResticOutcome): Failure | null {
  return failureOfRestic(outcome, { action, subject: session.access.name, access: session.access });
}
