import { Failure } from "../base/failure.ts";
import { nearestWord } from "../base/nearest-word.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { lookAt, type Look, type LookRequest } from "./look.ts";
import { checkFailed, planRetention, railNames, stillHeld } from "./plan.ts";
import type { HeldRail, RetentionPlan, RetentionSettings, UnjudgedRail } from "./plan.ts";
import { lockRun, readRecord, updateRecord, type RecordPlace } from "./record-file.ts";
import { interruptedRun, withAccepted, withCheck, withForgotten, withPlan, type Interrupted } from "./record-run.ts";
import { afterRead, cursorFor, type CheckOnRecord, type Hold, type RetentionRecord } from "./record.ts";
import { bytesToFree, forgetSnapshots, removePacks, type ResticSteps } from "./restic-steps.ts";

export interface PruneRequest extends ResticSteps, Omit<LookRequest, "prefix"> {
  readonly settings: RetentionSettings;
  readonly state: StateFolder;
  /** In how many runs the whole repository is read. */
  readonly checkRuns: number;
  readonly dryRun: boolean;
  /** Names of rails to let go this once. */
  readonly release: ReadonlySet<string>;
  /** The number of errors in the repository; reads the part of its data that is named, as restic takes it. */
  readonly check: (readData: string | null) => Promise<number>;
  /** Told the plan before anything is done, and what a run before this one left unfinished. */
  readonly onPlan: (plan: RetentionPlan, look: Look, interrupted: Interrupted | null) => void;
}

export interface PruneResult {
  /** Ids. */
  readonly kept: readonly string[];
  readonly forgotten: readonly { readonly id: string; readonly reasons: readonly string[] }[];
  /** The guard rails that stopped it. */
  readonly held: readonly HeldRail[];
  readonly unjudged: readonly UnjudgedRail[];
  readonly packsRemoved: number;
  /** restic's estimate, in a dry run only. */
  readonly bytesToFree: number | null;
  /** The check at the end; null where the run did not get that far. */
  readonly checked: CheckOnRecord | null;
  readonly hold: Hold | null;
}

/**
 * Looks, decides by every clock what to forget, judges that by every rail, shows it, and if no rail holds forgets exactly
 * those ids, counts what is left, prunes, and checks the repository with a part of its data: the whole of it in
 * `checkRuns` runs. What it knows afterwards is on record; a dry run writes nothing at all.
 *
 * Whatever stops it, a kill included, leaves a repository that is whole and a record from which the next run tells what
 * was left: forgotten snapshots without prune only take room.
 *
 * Fails with `refused` when the list cannot be trusted or a hold was put on meanwhile, `locked` where another prune of
 * the repository runs on this host, `usage` for a rail of an unknown name, and as restic and the store fail.
 */
export async function prune(request: PruneRequest): Promise<PruneResult> {
  refuseUnknownRails(request.release);
  const place = placeOf(request);
  if (request.dryRun) return await attempt(request, place);
  const lock = await lockRun(place);
  try {
    return await attempt(request, place);
  } finally {
    await lock.release();
  }
}

async function attempt(request: PruneRequest, place: RecordPlace): Promise<PruneResult> {
  const { settings, dryRun, release } = request;
  const record = await readRecord(place.state, place.repository);
  const look = await lookAt({ ...request, prefix: settings.prefix, list: trusted(request) }, record);
  const plan = planRetention(look, record, settings);
  request.onPlan(plan, look, interruptedRun(record, look));
  if (!dryRun) await updateRecord(place, (now) => withPlan(now, look, plan));
  const damaged = look.snapshots.length === 0 ? null : await checkFirst(request, place, record);
  const held = stillHeld([...plan.held, ...(damaged === null ? [] : [damaged])], release);
  const split = splitOf(plan);
  const outcome = {
    kept: held.length > 0 ? look.snapshots.map(({ id }) => id) : split.kept,
    forgotten: held.length > 0 ? [] : split.forgotten,
    held,
    unjudged: plan.unjudged,
    packsRemoved: 0,
    bytesToFree: null,
    checked: null,
    hold: record?.hold ?? null,
  };
  if (held.length > 0) return outcome;
  const leaving = split.forgotten.map(({ id }) => id);
  if (dryRun) return { ...outcome, bytesToFree: await bytesToFree(request, leaving) };
  await updateRecord(place, (now) => withAccepted(refusedOnHold(request, now), look, { plan, ids: leaving }));
  await forget(request, { kept: split.kept, leaving });
  await updateRecord(place, (now) => withForgotten(now, leaving, request.clock.now()));
  return { ...outcome, packsRemoved: await removePacks(request), checked: await checkAfterwards(request, place) };
}

function placeOf({ state, settings, clock }: PruneRequest): RecordPlace {
  return { state, repository: settings.repository, clock };
}

type Split = Pick<PruneResult, "kept" | "forgotten">;

function splitOf({ decisions }: RetentionPlan): Split {
  return {
    kept: decisions.filter(({ keep }) => keep).map(({ snapshot }) => snapshot.id),
    forgotten: decisions.filter(({ keep }) => !keep).map(({ snapshot, reasons }) => ({ id: snapshot.id, reasons })),
  };
}

/** The list, with `refused` in place of restic's own failure where it cannot be trusted. */
function trusted(request: PruneRequest): PruneRequest["list"] {
  return async () => {
    try {
      return await request.list();
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "restic-failed") throw error;
      const { action, subject, problem, hint, details, cause } = error;
      throw new Failure({ kind: "refused", action, subject, problem, hint, details, cause });
    }
  };
}

/** After a check that found errors the same data is read again; else the structure alone is checked. */
async function checkFirst(
  request: PruneRequest,
  place: RecordPlace,
  record: RetentionRecord | null,
): Promise<HeldRail | null> {
  if (request.release.has("check-failed")) return null;
  request.onProgress("checking the repository");
  const last = record?.check ?? null;
  const readData = last !== null && last.errors > 0 ? last.readData : null;
  const errors = await request.check(readData);
  const check = { at: request.clock.now(), errors, readData };
  if (!request.dryRun) await updateRecord(place, (now) => withCheck(now, check));
  return checkFailed(errors, readData);
}

/** The cursor moves on only when its part was read without an error. */
async function checkAfterwards(request: PruneRequest, place: RecordPlace): Promise<CheckOnRecord> {
  const record = await readRecord(place.state, place.repository);
  const cursor = record === null ? { next: 1, of: request.checkRuns } : cursorFor(record, request.checkRuns);
  const readData = `${cursor.next}/${cursor.of}`;
  request.onProgress(`checking the repository, part ${cursor.next} of ${cursor.of} of its data read`);
  const errors = await request.check(readData);
  const check = { at: request.clock.now(), errors, readData };
  await updateRecord(place, (now) => {
    return { ...withCheck(now, check), cursor: errors === 0 ? afterRead(cursor) : cursor };
  });
  return check;
}

/** A hold that was put on while the plan was made is as good as one from before. */
function refusedOnHold({ settings }: PruneRequest, record: RetentionRecord): RetentionRecord {
  if (record.hold === null) return record;
  throw new Failure({
    kind: "refused",
    action: "prune",
    subject: settings.repository,
    problem: `a hold was put on it meanwhile: ${record.hold.reason}`,
    hint: `nothing was forgotten; when it is over: holdfast release ${settings.repository}`,
  });
}

interface Leaving {
  readonly kept: readonly string[];
  readonly leaving: readonly string[];
}

/** Forgets by id, then counts again: what was to stay stands, what was to go is gone. */
async function forget(request: PruneRequest, { kept, leaving }: Leaving): Promise<void> {
  if (leaving.length === 0) return;
  request.onProgress(`forgetting ${leaving.length} of ${kept.length + leaving.length} snapshots`);
  await forgetSnapshots(request, leaving);
  const left = new Set((await trusted(request)()).map(({ id }) => id));
  const lost = kept.find((id) => !left.has(id));
  const stayed = leaving.find((id) => left.has(id));
  if (lost !== undefined) throw miscounted(request, `snapshot ${lost} was to be kept and is gone`);
  if (stayed !== undefined) throw miscounted(request, `snapshot ${stayed} was forgotten and still stands`);
}

function refuseUnknownRails(names: ReadonlySet<string>): void {
  const unknown = [...names].find((name) => !railNames.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestWord(unknown, railNames);
  throw new Failure({
    kind: "usage",
    action: "release the rail",
    subject: unknown,
    problem: "there is no such rail",
    hint: nearest === null ? `one of ${railNames.join(", ")}` : `did you mean ${nearest}?`,
  });
}

function miscounted({ session }: PruneRequest, problem: string): Failure {
  const { name } = session.access;
  return new Failure({
    kind: "restic-failed",
    action: "forget snapshots of",
    subject: name,
    problem,
    hint: `nothing was pruned: look at holdfast snapshots ${name}, and roll back if need be: holdfast rollback plan ${name} --to T`,
  });
}
