import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { formatInstant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";
import type { HistoryPages } from "../history/key-history.ts";
import { shardedHistory } from "../history/shards.ts";
import { usualConnections } from "../store/usual-connections.ts";
import type { RestorableStore } from "../store/versioned-store.ts";
import { requireAccepted } from "./accept.ts";
import type { AcceptWord } from "./accept.ts";
import { ApplyReport } from "./apply-report.ts";
import { changesSince } from "./changes-since.ts";
import type { KeyChange, KeyChanges } from "./changes-since.ts";
import { evidencePages, lockPlan, requireEvidence, requireNoFreshLock, requireVersioning } from "./guard.ts";
import { Journal } from "./journal.ts";
import type { RollbackPlan } from "./plan-file.ts";
import type { UnrecoverableKey } from "./plan.ts";
import { rememberingHasher } from "./prove.ts";
import { readJournals } from "./read-journals.ts";
import { PlanRun } from "./run-plan.ts";
import type { ApplyProgress } from "./run-plan.ts";
import { stages } from "./stage.ts";
import { notedPlan, notePlan, wordOf } from "./plan-note.ts";
import type { NotedPlan } from "./plan-note.ts";

export interface ApplyRequest {
  readonly plan: RollbackPlan;
  readonly store: RestorableStore;
  readonly clock: Clock;
  readonly state: StateFolder;
  readonly accepted: ReadonlySet<AcceptWord>;
  /** Goes the same way and stops before the first write, the journal included; `done` then counts what would be done. */
  readonly dryRun?: boolean;
  /** The role whose key the store was opened with, for messages and the journal; `rescuer` where it is left out. */
  readonly role?: string;
  /** The id of that key, for the journal. */
  readonly accessKey?: string;
  /** How many requests may be under way at once; 16 where it is left out. */
  readonly connections?: number;
  /** Whether the key may lift delete markers, where that is known already; else the store is asked. */
  readonly mayLift?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ApplyProgress) => void;
}

export interface ApplyResult {
  readonly done: number;
  /** Steps whose keys showed already what they should. */
  readonly skipped: number;
  readonly failed: number;
  /** Keys that somebody has written since the plan; left alone. More than none only where `changed` was accepted. */
  readonly changed: number;
  /** The first 10,000 of them. */
  readonly changedKeys: readonly KeyChange[];
  /** What the plan could not bring back, and the user accepted; `apply` is done only as far as possible. */
  readonly unrecoverable: readonly UnrecoverableKey[];
  /** The path of this run's journal; null for a dry run. */
  readonly journal: string | null;
}

/**
 * Carries out a plan: stage by stage, each after a look at its keys as they stand now. Idempotent: what shows already
 * what it should is skipped, so the same call again goes on where one stopped. Removes nothing but delete markers that
 * the plan names, and those only after the journal that names them is on disk. A stage that did not come out whole is
 * the last one: nothing is hidden, and nothing that points to data comes back, on top of a failed "bring back". A key
 * that may not lift markers copies the versions below them instead. Memory does not grow with the bucket.
 *
 * Fails before the first write with `refused` (a word missing in `accepted`, a plan that undoes another or was undone,
 * versioning not Enabled, a fresh lock, another process at work on the plan), `damaged-file` (evidence or an earlier
 * journal) and `bucket-changed` (anything under the prefix was written since the plan, unless `changed` is accepted).
 * Later: `stopped-half-way` when it was interrupted, the store or the disk gave way after something was written, or
 * single objects failed; `store-denied` when all that failed was refused for want of a right; `refused` when versioning
 * was switched off or a lock turned up under way; `bucket-changed` after a stage in which keys were written by
 * somebody. A dry run fails as the real one would.
 */
export async function applyRollback(request: ApplyRequest): Promise<ApplyResult> {
  const { plan, state } = request;
  requireAccepted(plan, request.accepted);
  if (plan.header.undoes !== null) throw isUndoing(plan);
  const lock = await lockPlan(plan, state);
  try {
    await requireUnturned(plan, state);
    return await runLocked(request);
  } finally {
    await lock.release();
  }
}

/** As `applyRollback`, for a caller that holds the plan's lock and the user's word. */
export async function runLocked(request: ApplyRequest): Promise<ApplyResult> {
  const { plan, state } = request;
  const evidence = await requireEvidence(plan, state);
  const journals = await readJournals(state, plan);
  const before = { evidence: evidencePages(evidence), wasIntended: (n: number) => journals.wasIntended(n) };
  try {
    return await apply(request, before);
  } catch (error) {
    // Once something was written it is stopped half-way.
    const isBefore = error instanceof Failure && error.kind === "interrupted";
    throw isBefore ? error.with({ written: "nothing" }) : error;
  }
}

/**
 * Notes that a plan goes on as another one, made because the bucket had changed. Durable on return. Fails with `refused`
 * where an undo of it was begun meanwhile, it went on as another already, or another process is at work on it.
 */
export async function goOnAs(state: StateFolder, plan: RollbackPlan, successor: NotedPlan): Promise<void> {
  const lock = await lockPlan(plan, state);
  try {
    await requireUnturned(plan, state);
    await notePlan(state, { plan, kind: "successor", other: successor });
  } finally {
    await lock.release();
  }
}

async function requireUnturned(plan: RollbackPlan, state: StateFolder): Promise<void> {
  if ((await notedPlan(state, plan, "undo")) !== null) throw wasUndone(plan);
  const successor = await notedPlan(state, plan, "successor");
  if (successor !== null) throw wentOn(plan, wordOf(successor.name));
}

/** The undo gave keys a history that the plan does not know; to plan again costs little and is right. */
function wasUndone({ header: { repository, to } }: RollbackPlan): Failure {
  return new Failure({
    kind: "refused",
    action: "apply the plan for",
    subject: repository,
    problem: "it was undone, or an undo of it is under way",
    hint: `Plan again: holdfast rollback plan ${repository} --to ${formatInstant(to)}`,
  });
}

function wentOn({ header: { repository } }: RollbackPlan, successor: string): Failure {
  return new Failure({
    kind: "refused",
    action: "apply the plan for",
    subject: repository,
    problem: `the bucket had changed, and it went on as ${successor}`,
    hint: `Go on with that one: holdfast rollback apply ${successor}`,
  });
}

/** It has no lock of its own and no note: applied by itself it would run beside the apply or undo that holds those. */
function isUndoing({ header: { repository } }: RollbackPlan): Failure {
  return new Failure({
    kind: "refused",
    action: "apply the plan for",
    subject: repository,
    problem: "it is the undoing of another plan",
    hint: "Undo that one: holdfast rollback undo PLAN, with the plan's own name. What was begun goes on from there.",
  });
}

interface Before {
  readonly evidence: HistoryPages;
  /** Whether an earlier run may have written for a step. */
  readonly wasIntended: (n: number) => boolean;
}

async function apply(request: ApplyRequest, { evidence, wasIntended }: Before): Promise<ApplyResult> {
  const { plan, store, clock, signal, accepted, role = "rescuer", connections = usualConnections } = request;
  await requireVersioning(store, plan);
  await requireNoFreshLock(store, plan);
  const hash = rememberingHasher(store);
  const lookedAt = clock.now();
  const now = historyNow(request, connections);
  const looked = { plan, evidence, now, hash, wasIntended, connections, signal };
  const { changes, isUntouched } = await changesSince(looked);
  if (changes.count > 0 && !accepted.has("changed")) throw changedBefore(plan, role, changes);
  const mayLift = request.mayLift ?? (await mayLiftMarkers(request));
  const journal = await begun(request, role);
  const untouchedAt = isUntouched ? lookedAt : null;
  const { dryRun = false, onProgress } = request;
  const means = { plan, store, clock, accepted, role, connections, hash, wasIntended, mayLift, signal, onProgress };
  const run = new PlanRun({ ...means, dryRun, changes, untouchedAt }, journal);
  try {
    for (const stage of stages) await run.stage(stage);
    await journal?.end(clock.now(), run.counts);
  } catch (error) {
    // What stopped the run is told, also where the disk is too full to close the journal.
    await journal?.close().catch(() => undefined);
    throw run.stopped(error);
  }
  return {
    ...run.counts,
    changed: changes.count,
    changedKeys: changes.named,
    unrecoverable: plan.unrecoverable,
    journal: journal?.path ?? null,
  };
}

/** Keys up to which listing side by side asks a store for more than it saves time: MinIO on two cores is slower by it. */
const fewKeys = 25_000;

function historyNow({ plan, store, signal }: ApplyRequest, connections: number): HistoryPages {
  const { prefix } = plan.header;
  const isSmall = plan.stepCount + plan.totals.actions.keep <= fewKeys;
  return isSmall ? store.listVersions(prefix) : shardedHistory(store, { prefix, connections, signal });
}

async function begun({ plan, state, clock, dryRun, accessKey }: ApplyRequest, role: string): Promise<Journal | null> {
  if (dryRun === true) return null;
  return await Journal.begin(state, plan, { startedAt: clock.now(), role, accessKey: accessKey ?? null });
}

/** Asked only where the plan lifts any. */
export async function mayLiftMarkers({ plan, store }: Pick<ApplyRequest, "plan" | "store">): Promise<boolean> {
  return plan.totals.actions.liftMarker === 0 || (await store.mayLiftMarkers(plan.header.prefix));
}

function changedBefore(plan: RollbackPlan, role: string, changed: KeyChanges): Failure {
  const counts = { done: 0, skipped: 0, failed: 0, changed: 0 };
  return new ApplyReport({ plan, role, journal: null }, { counts, failed: [], changed, stage: "" }).changed();
}
