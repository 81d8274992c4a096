import { Failure } from "../base/failure.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { objectKey } from "../base/object-key.ts";
import { usualConnections } from "../store/usual-connections.ts";
import type { RestorableStore } from "../store/versioned-store.ts";
import { acceptWords } from "./accept.ts";
import { runLocked } from "./apply.ts";
import type { ApplyRequest, ApplyResult } from "./apply.ts";
import type { KeyChange } from "./changes-since.ts";
import { lockPlan, requireNoFreshLock, requireVersioning } from "./guard.ts";
import { makeUndoPlan, writtenSince } from "./make-undo-plan.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { rememberingHasher } from "./prove.ts";
import { readJournals } from "./read-journals.ts";
import { notedPlan, notePlan, successorsOf, wordOf } from "./plan-note.ts";
import type { NotedPlan } from "./plan-note.ts";

export interface UndoRequest extends Omit<ApplyRequest, "accepted" | "dryRun"> {
  readonly store: RestorableStore;
  readonly bucket: string;
}

export interface UndoResult extends ApplyResult {
  /** The path of the plan that was carried out. */
  readonly undoPlan: string;
}

/** What is about to be undone: the plan that does it, made now or begun before. */
export interface PreparedUndo {
  readonly undo: NotedPlan;
  /** Keys that somebody has written since `apply`; they stay as they are. The first 10,000, and how many there are. */
  readonly left: readonly KeyChange[];
  readonly leftCount: number;
}

/**
 * Finds or makes the plan that takes `plan` back, see `makeUndoPlan`. Reads the bucket only. An undo that was begun goes on
 * with the plan it began with. Fails with `refused` where nothing of the plan was applied, versioning is not Enabled,
 * somebody holds a fresh lock or another process is at work on the plan; with `damaged-file` for a plan, a journal or
 * evidence that is not whole.
 */
export async function prepareUndo(request: UndoRequest): Promise<PreparedUndo> {
  const lock = await lockPlan(request.plan, request.state);
  try {
    const undo = await undoPlan(request);
    const left = undo.plan.findings
      .filter(({ rule }) => rule === writtenSince)
      .map(({ subject, evidence }) => ({ key: objectKey(subject), problem: evidence }));
    return { undo, left, leftCount: undo.plan.totals.findings };
  } finally {
    await lock.release();
  }
}

async function undoPlan(request: UndoRequest): Promise<NotedPlan> {
  const { plan, store, state, connections = usualConnections } = request;
  if (plan.header.undoes !== null) throw notUndoable(plan, "it is the undoing of another plan");
  const begun = await notedPlan(state, plan, "undo");
  const journals = await readJournals(state, plan);
  if (begun !== null) return begun;
  await requireSuccessorsUndone(plan, state);
  if (journals.intended === 0) throw notUndoable(plan, "nothing of it was applied");
  await requireVersioning(store, plan);
  await requireNoFreshLock(store, plan);
  return await makeUndoPlan({ ...request, connections, hash: rememberingHasher(store) }, journals);
}

/**
 * Carries a prepared undo out, by the same engine as `applyRollback` and with the same failures. Removes no data version.
 * What somebody has written since is left and named in `changedKeys`, and the rest is done. Run again after a stop it goes
 * on where it was; once it has come to its end it writes no more, and fails with `refused` where there would be something
 * to write: that is somebody's work since, a later rollback's for one. Refused also where the plan, or what it went on as,
 * is being applied.
 */
export async function undoRollback(request: UndoRequest, { undo, left, leftCount }: PreparedUndo): Promise<UndoResult> {
  const { plan, state } = request;
  return await whileAtRest(plan, state, async () => {
    await requireSuccessorsUndone(plan, state);
    const isEnded = (await readJournals(state, undo.plan)).isEnded;
    await notePlan(state, { plan, kind: "undo", other: undo });
    const applied = await runLocked({ ...request, plan: undo.plan, accepted: new Set(acceptWords), dryRun: isEnded });
    if (isEnded && applied.done > 0) throw notUndoable(plan, "it was undone, and the bucket has changed since");
    const changedKeys = [...left, ...applied.changedKeys];
    return { ...applied, changed: applied.changed + leftCount, changedKeys, undoPlan: state.pathOf(undo.name) };
  });
}

/** Holds the locks of a plan and of all that it went on as, so that none of them writes meanwhile. */
async function whileAtRest<T>(plan: RollbackPlan, state: StateFolder, work: () => Promise<T>): Promise<T> {
  const lock = await lockPlan(plan, state);
  try {
    const successor = await notedPlan(state, plan, "successor");
    return successor === null ? await work() : await whileAtRest(successor.plan, state, work);
  } finally {
    await lock.release();
  }
}

/** What a plan went on as was made on top of what the plan had done, so it is taken back before it. */
async function requireSuccessorsUndone(plan: RollbackPlan, state: StateFolder): Promise<void> {
  const successors = await successorsOf(state, plan);
  for (const successor of successors.toReversed()) {
    const isWritten = (await readJournals(state, successor.plan)).intended > 0;
    const undo = await notedPlan(state, successor.plan, "undo");
    const isUndone = undo !== null && (await readJournals(state, undo.plan)).isEnded;
    if (isWritten && !isUndone) throw standsBelow(plan, wordOf(successor.name));
  }
}

function standsBelow({ header }: RollbackPlan, successor: string): Failure {
  return new Failure({
    kind: "refused",
    action: "undo the plan for",
    subject: header.repository,
    problem: `it went on as ${successor}, which stands on top of it`,
    hint: `Undo that first: holdfast rollback undo ${successor}`,
  });
}

function notUndoable({ header }: RollbackPlan, problem: string): Failure {
  const { repository } = header;
  return new Failure({
    kind: "refused",
    action: "undo the plan for",
    subject: repository,
    problem,
    hint: `To go to another instant plan again: holdfast rollback plan ${repository} --to T`,
  });
}
