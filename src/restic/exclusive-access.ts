import type { Clock } from "../base/clock.ts";
import { addMilliseconds } from "../base/instant.ts";
import { lockWaitArguments } from "./arguments/global.ts";
import { unlockArguments } from "./arguments/unlock.ts";
import { failureOfRestic } from "./exit-code.ts";
import { supports } from "./features.ts";
import type { ResticOutcome } from "./restic-program.ts";
import type { ResticSession } from "./restic-session.ts";

export interface ExclusiveAccess {
  readonly clock: Clock;
  /** How long to wait for another restic, in milliseconds; 0: not at all. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
  /** Told each time before our own waiting; restic's waiting (0.16 and newer) is silent. */
  readonly onWait?: ((milliseconds: number) => void) | undefined;
}

/**
 * Runs what needs the repository for itself. First `unlock`, which removes stale locks only, so that one crashed backup
 * does not stop prune for ever; then waits for live ones: by restic's own --retry-lock, or on releases without it by
 * running again until `patience` is over. Gives the last outcome, locked or not. Fails as `unlock` fails.
 */
export async function withExclusiveAccess(
  session: ResticSession,
  access: ExclusiveAccess,
  run: (lockArguments: readonly string[]) => Promise<ResticOutcome>,
): Promise<ResticOutcome> {
  await removeStaleLocks(session, access.signal);
  if (supports(session.program.version, "retry-lock")) return await run(lockWaitArguments(access.patience));
  const end = addMilliseconds(access.clock.now(), access.patience);
  for (let pause = 1000; ; pause = Math.min(pause * 2, 15_000)) {
    const outcome = await run([]);
    const left = end - access.clock.now();
    if (!isLocked(outcome, session) || left <= 0) return outcome;
    access.onWait?.(Math.min(pause, left));
    await access.clock.sleep(Math.min(pause, left), access.signal);
  }
}

/** Locks older than half an hour, and those of processes of this host that are no more. Fails as `unlock` fails. */
export async function removeStaleLocks(session: ResticSession, signal: AbortSignal | undefined): Promise<void> {
  const outcome = await session.program.run({
    arguments: unlockArguments(session.access),
    environment: session.environment,
    ...(signal === undefined ? {} : { signal }),
  });
  const failure = failureOfRestic(outcome, {
    action: "remove the stale locks of",
    subject: session.access.name,
    access: session.access,
  });
  if (failure !== null) throw failure;
}

function isLocked(outcome: ResticOutcome, { access }: ResticSession): boolean {
  return failureOfRestic(outcome, { action: "lock", subject: access.name, access })?.kind === "locked";
}
