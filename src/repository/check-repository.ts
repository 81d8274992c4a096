import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { checkArguments } from "../restic/arguments/check.ts";
import type { ResticEvent } from "../restic/events.ts";
import { withExclusiveAccess } from "../restic/exclusive-access.ts";
import type { ResticOutcome } from "../restic/restic-program.ts";
import { failureIn, runRestic, type ResticRun } from "./run-restic.ts";

export interface CheckRequest extends ResticRun {
  readonly clock: Clock;
  /** How long to wait for another restic, in milliseconds; null: five minutes. */
  readonly patience: number | null;
  /** As restic takes it; null reads no data. */
  readonly readDataSubset: string | null;
  /** Writes nothing, not even a lock: for a dry run. A backup at the same time may then show as errors. */
  readonly withoutLock?: boolean;
}

export interface CheckResult {
  /** As restic counts them since 0.18; before that, one for each message. */
  readonly errors: number;
  /** What is wrong, one text for each error; advice and restic's own retries left out. */
  readonly messages: readonly string[];
  readonly checkedAt: Instant;
}

const usualPatience = 300_000;

/**
 * Runs `restic check`, after removing stale locks. Errors in the repository are data; a check that could not be made
 * (locked, wrong password, store unreachable, a config that cannot be read) is the Failure that restic's end stands for.
 */
export async function checkRepository(request: CheckRequest): Promise<CheckResult> {
  const { session, clock, readDataSubset, signal } = request;
  const messages: string[] = [];
  let counted = 0;
  const take = (event: ResticEvent): void => {
    if (event.kind === "summary") counted = Number(event.fields["num_errors"] ?? 0);
    else addComplaint(messages, event);
    request.onEvent?.(event);
  };
  const run = async (lock: readonly string[]): Promise<ResticOutcome> =>
    await runRestic({ ...request, onEvent: take }, checkArguments(session.access, { readDataSubset, lock }));
  const access = { clock, patience: request.patience ?? usualPatience, signal };
  const outcome =
    request.withoutLock === true ? await run(["--no-lock"]) : await withExclusiveAccess(session, access, run);
  const failure = failureIn(session, "check", outcome);
  const checkedAt = clock.now();
  if (failure === null) return { errors: 0, messages: [], checkedAt };
  // Since 0.18 restic counts an error also where it could not begin.
  if (failure.kind !== "restic-failed" || messages.length === 0) throw failure;
  return { errors: counted > 0 ? counted : messages.length, messages, checkedAt };
}

/** How an error begins in every release: up to 0.17 as plain text among much else, since 0.18 as JSON. */
const begins = /^(?:error(?::| for tree)|pack [0-9a-f]{64}(?!: not referenced in any index)|Pack ID does not match)/;
/** The tries of one read, and what restic advises after its list. */
const noise = /^(?:(?:Load|List|Stat)\(|The repository |restic repair |RESTIC_FEATURES=|(?:Damaged|Corrupted) )/;

function addComplaint(messages: string[], event: ResticEvent): void {
  if (event.kind !== "error" && event.kind !== "text") return;
  const line = event.kind === "error" ? event.message : event.text;
  const words = line.trim();
  const last = messages.at(-1);
  const isDetail = event.kind === "error" || line.startsWith("  ");
  if (words === "" || noise.test(words)) return;
  if (begins.test(words)) messages.push(words);
  else if (isDetail && last?.startsWith("error for tree") === true) messages.splice(-1, 1, `${last} ${words}`);
  else if (event.kind === "error") messages.push(words);
}
