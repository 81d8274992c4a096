import { Failure } from "../base/failure.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { VersionId } from "../base/version-id.ts";
import type { DeleteMarker } from "../store/object-version.ts";
import type { BatchOutcome, RestorableStore } from "../store/versioned-store.ts";
import { inParallel, objectsAtOnce } from "./in-parallel.ts";
import type { StepResult } from "./journal.ts";
import { batchLimit } from "./plan-totals.ts";
import { giveOwnId } from "./preserve.ts";
import type { Standing } from "./standing.ts";
import type { RollbackStep } from "./step.ts";

/** Why a step was not done. */
export interface StepProblem {
  readonly text: string;
  /** The store refused the key the right to it; to try again is of no use. */
  readonly isDenied: boolean;
}

/** What the acting needs of its surroundings. */
export interface Acting {
  readonly store: RestorableStore;
  readonly signal: AbortSignal | undefined;
  /** Throws unless versioning is Enabled at this moment; asked before each batch or group of writes. */
  requireVersioning(): Promise<void>;
  /** What to throw where the store took a write on `key` under the id `null`. */
  switchedOff(key: ObjectKey): Failure;
  /** Durable on return. */
  intend(steps: readonly { readonly step: RollbackStep; readonly markers: readonly VersionId[] }[]): Promise<void>;
  record(step: RollbackStep, result: StepResult, problem?: StepProblem): Promise<void>;
}

type Of<Kind extends Standing["kind"]> = Extract<Standing, { readonly kind: Kind }>;

/** How many copies are announced in the journal before they begin; at most these can be under way at a crash. */
const copiesAhead = 64;

/**
 * Does what is left of one stage. What the store refuses for a single key is recorded and the rest goes on; a refused
 * key to the store, a store that does not answer, versioning that is not Enabled any more and an aborted signal stop it
 * between requests.
 */
export async function runStage(standings: readonly Standing[], acting: Acting): Promise<void> {
  await lift(ofKind(standings, "lift"), acting);
  await copy(await preserved(ofKind(standings, "copy"), acting), acting);
  await hide(await preserved(ofKind(standings, "hide"), acting), acting);
}

function ofKind<Kind extends Standing["kind"]>(standings: readonly Standing[], kind: Kind): readonly Of<Kind>[] {
  return standings.filter((standing): standing is Of<Kind> => standing.kind === kind);
}

async function lift(standings: readonly Of<"lift">[], acting: Acting): Promise<void> {
  for (const batch of inBatches(standings, (standing) => standing.markers.length)) {
    acting.signal?.throwIfAborted();
    await acting.requireVersioning();
    await acting.intend(batch.map(({ step, markers }) => ({ step, markers: markers.map((row) => row.versionId) })));
    const markers: readonly DeleteMarker[] = batch.flatMap((standing) => standing.markers);
    await recordBatch(batch, await acting.store.liftMarkers(markers), acting);
  }
}

/** A marker that came out under the id `null` may have replaced a version of that id: nothing more is written then. */
async function hide(standings: readonly Of<"hide">[], acting: Acting): Promise<void> {
  for (const batch of inBatches(standings, () => 1)) {
    acting.signal?.throwIfAborted();
    await acting.requireVersioning();
    await acting.intend(batch.map(({ step }) => ({ step, markers: [] })));
    const outcomes = await acting.store.hide(batch.map(({ step }) => step.key));
    await recordBatch(batch, outcomes, acting);
    const bare = outcomes.find(
      ({ versionId, error }) => error === null && versionId !== null && isNullVersion(versionId),
    );
    if (bare !== undefined) throw acting.switchedOff(bare.key);
  }
}

/** Gives what would be written above, and has the id `null`, an id of its own; passes on what may go ahead. */
async function preserved<Writing extends Of<"copy"> | Of<"hide">>(
  standings: readonly Writing[],
  acting: Acting,
): Promise<readonly Writing[]> {
  const ready: Writing[] = [];
  for (const standing of standings) {
    const { step, preserve } = standing;
    if (preserve === null) {
      ready.push(standing);
      continue;
    }
    acting.signal?.throwIfAborted();
    await acting.requireVersioning();
    await acting.intend([{ step, markers: [] }]);
    const problem = await problemOf(async () => {
      if (!(await giveOwnId(acting.store, preserve))) throw acting.switchedOff(step.key);
    });
    if (problem === null) ready.push(standing);
    else await acting.record(step, "failed", problem);
  }
  return ready;
}

/** A step is done when the store has answered for each of its entries and refused none. */
async function recordBatch(
  batch: readonly (Of<"lift"> | Of<"hide">)[],
  outcomes: readonly BatchOutcome[],
  acting: Acting,
): Promise<void> {
  const byKey = Map.groupBy(outcomes, (outcome) => outcome.key);
  for (const standing of batch) {
    const answers = byKey.get(standing.step.key) ?? [];
    const error = answers.find((answer) => answer.error !== null)?.error;
    const wanted = standing.kind === "lift" ? standing.markers.length : 1;
    if (error !== undefined && error !== null) {
      const problem = { text: `${error.code}: ${error.message}`, isDenied: denials.has(error.code) };
      await acting.record(standing.step, "failed", problem);
    } else if (answers.length < wanted) {
      await acting.record(standing.step, "failed", {
        text: "the store did not say what became of it",
        isDenied: false,
      });
    } else {
      await acting.record(standing.step, "done");
    }
  }
}

const denials: ReadonlySet<string> = new Set(["AccessDenied", "Forbidden", "AllAccessDisabled"]);

async function copy(standings: readonly Of<"copy">[], acting: Acting): Promise<void> {
  for (let start = 0; start < standings.length; start += copiesAhead) {
    acting.signal?.throwIfAborted();
    const group = standings.slice(start, start + copiesAhead);
    await acting.requireVersioning();
    await acting.intend(group.map(({ step }) => ({ step, markers: [] })));
    await inParallel(group, { limit: objectsAtOnce, signal: acting.signal }, async ({ step, version }) => {
      const problem = await problemOf(async () => await acting.store.copyForward(version));
      if (problem === null) await acting.record(step, "done");
      else await acting.record(step, "failed", problem);
    });
  }
  acting.signal?.throwIfAborted();
}

/** Null where the work was done; what concerns this key alone is told, anything else is thrown on. */
async function problemOf(work: () => Promise<void>): Promise<StepProblem | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "store-misbehaves") throw error;
    return { text: error.problem, isDenied: false };
  }
}

/** Splits so that no batch has more than 1000 entries, unless a single step has: that one the store splits itself. */
function* inBatches<T>(items: readonly T[], entriesOf: (item: T) => number): Generator<readonly T[]> {
  let batch: T[] = [];
  let entries = 0;
  for (const item of items) {
    const more = entriesOf(item);
    if (batch.length > 0 && entries + more > batchLimit) {
      yield batch;
      batch = [];
      entries = 0;
    }
    batch.push(item);
    entries += more;
  }
  if (batch.length > 0) yield batch;
}
