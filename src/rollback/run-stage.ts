import { Failure } from "../base/failure.ts";
import type { VersionId } from "../base/version-id.ts";
import type { DeleteMarker } from "../store/object-version.ts";
import type { BatchOutcome, RestorableStore } from "../store/versioned-store.ts";
import { inParallel, objectsAtOnce } from "./in-parallel.ts";
import type { StepResult } from "./journal.ts";
import { batchLimit } from "./plan.ts";
import type { Standing } from "./standing.ts";
import type { RollbackStep } from "./step.ts";

/** What the acting needs of its surroundings. */
export interface Acting {
  readonly store: RestorableStore;
  readonly signal: AbortSignal | undefined;
  /** Durable on return. */
  intend(steps: readonly { readonly step: RollbackStep; readonly markers: readonly VersionId[] }[]): Promise<void>;
  record(step: RollbackStep, result: StepResult, problem?: string): Promise<void>;
}

type Of<Kind extends Standing["kind"]> = Extract<Standing, { readonly kind: Kind }>;

/** How many copies are announced in the journal before they begin; at most these can be under way at a crash. */
const copiesAhead = 64;

/**
 * Does what is left of one stage. What the store refuses for a single key is recorded and the rest goes on; a refused
 * key to the store, a store that does not answer and an aborted signal stop it between requests.
 */
export async function runStage(standings: readonly Standing[], acting: Acting): Promise<void> {
  await lift(ofKind(standings, "lift"), acting);
  await copy(ofKind(standings, "copy"), acting);
  await hide(ofKind(standings, "hide"), acting);
}

function ofKind<Kind extends Standing["kind"]>(standings: readonly Standing[], kind: Kind): readonly Of<Kind>[] {
  return standings.filter((standing): standing is Of<Kind> => standing.kind === kind);
}

async function lift(standings: readonly Of<"lift">[], acting: Acting): Promise<void> {
  for (const batch of inBatches(standings, (standing) => standing.markers.length)) {
    acting.signal?.throwIfAborted();
    await acting.intend(batch.map(({ step, markers }) => ({ step, markers: markers.map((row) => row.versionId) })));
    const markers: readonly DeleteMarker[] = batch.flatMap((standing) => standing.markers);
    await recordBatch(batch, await acting.store.liftMarkers(markers), acting);
  }
}

async function hide(standings: readonly Of<"hide">[], acting: Acting): Promise<void> {
  for (const batch of inBatches(standings, () => 1)) {
    acting.signal?.throwIfAborted();
    await acting.intend(batch.map(({ step }) => ({ step, markers: [] })));
    await recordBatch(batch, await acting.store.hide(batch.map(({ step }) => step.key)), acting);
  }
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
      await acting.record(standing.step, "failed", `${error.code}: ${error.message}`);
    } else if (answers.length < wanted) {
      await acting.record(standing.step, "failed", "the store did not say what became of it");
    } else {
      await acting.record(standing.step, "done");
    }
  }
}

async function copy(standings: readonly Of<"copy">[], acting: Acting): Promise<void> {
  for (let start = 0; start < standings.length; start += copiesAhead) {
    acting.signal?.throwIfAborted();
    const group = standings.slice(start, start + copiesAhead);
    await acting.intend(group.map(({ step }) => ({ step, markers: [] })));
    await inParallel(group, { limit: objectsAtOnce, signal: acting.signal }, async (standing) => {
      await copyOne(standing, acting);
    });
  }
  acting.signal?.throwIfAborted();
}

async function copyOne({ step, version }: Of<"copy">, acting: Acting): Promise<void> {
  try {
    await acting.store.copyForward(version);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "store-misbehaves") throw error;
    await acting.record(step, "failed", error.problem);
    return;
  }
  await acting.record(step, "done");
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
