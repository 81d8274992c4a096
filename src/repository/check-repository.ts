import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { checkArguments } from "../restic/arguments/check.ts";
import type { ResticEvent } from "../restic/events.ts";
import { withExclusiveAccess } from "../restic/exclusive-access.ts";
import { failureIn, runRestic, type ResticRun } from "./run-restic.ts";

export interface CheckRequest extends ResticRun {
  readonly clock: Clock;
  /** How long to wait for another restic, in milliseconds; null: five minutes. */
  readonly patience: number | null;
  /** As restic takes it; null reads no data. */
  readonly readDataSubset: string | null;
}

export interface CheckResult {
  readonly errors: number;
  readonly messages: readonly string[];
  readonly checkedAt: Instant;
}

const usualPatience = 300_000;

/**
 * Runs `restic check`, after removing stale locks. Errors in the repository are data; a check that could not be made
 * (locked, wrong password, store unreachable) is the Failure that restic's end stands for.
 */
export async function checkRepository(request: CheckRequest): Promise<CheckResult> {
  const { session, clock, readDataSubset, signal } = request;
  const messages: string[] = [];
  let counted = 0;
  const take = (event: ResticEvent): void => {
    if (event.kind === "error") messages.push(event.message);
    if (event.kind === "text" && isComplaint(event.text)) messages.push(event.text.trim());
    if (event.kind === "summary") counted = Number(event.fields["num_errors"] ?? 0);
    request.onEvent?.(event);
  };
  const outcome = await withExclusiveAccess(
    session,
    { clock, patience: request.patience ?? usualPatience, signal },
    async (lock) =>
      await runRestic({ ...request, onEvent: take }, checkArguments(session.access, { readDataSubset, lock })),
  );
  const failure = failureIn(session, "check", outcome);
  if (failure !== null && failure.kind !== "restic-failed") throw failure;
  if (failure !== null && messages.length === 0 && counted === 0) throw failure;
  return { errors: failure === null ? 0 : Math.max(counted, messages.length, 1), messages, checkedAt: clock.now() };
}

/** 0.14 to 0.17 have no JSON for check: what they complain about stands in plain lines. */
function isComplaint(text: string): boolean {
  return (
    /^\s*(?:error|Fatal|Load\(|pack [0-9a-f]+|tree [0-9a-f]+|hint|The repository contains|id [0-9a-f]+ not found)/i.test(
      text,
    ) && !/^Fatal: repository contains errors/.test(text)
  );
}
