import { Failure } from "../base/failure.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { VersionId } from "../base/version-id.ts";
import { denials } from "../store/denials.ts";
import type { DeleteMarker } from "../store/object-version.ts";
import type { BatchOutcome, RestorableStore } from "../store/versioned-store.ts";
import { inParallel } from "./in-parallel.ts";
import { batchLimit } from "./plan-totals.ts";
import { giveOwnId } from "./preserve.ts";
import type { Standing } from "./standing.ts";
import type { RollbackStep } from "./step.ts";
import type { StepResult } from "./step-result.ts";

/** Why a step was not done. */
export interface StepProblem {
  readonly text: string;
  /** The store refused the key the right to it; to try again is of no use. */
  readonly isDenied: boolean;
}

export interface StepFacts {
  readonly problem?: StepProblem;
  readonly made?: VersionId | null;
}

/** What the acting needs of its surroundings. */
export interface Acting {
  readonly store: RestorableStore;
  readonly signal: AbortSignal | undefined;
  /** Throws unless versioning is Enabled at this moment; asked before each group of writes. */
  requireVersioning(): Promise<void>;
  /** What to throw where the store took a write on `key` under the id `null`. */
  switchedOff(key: ObjectKey): Failure;
  /** How many copies, and at most how many batches, are under way at once. */
  readonly connections: number;
  /**
   * Told of each write that was done, with the id that the store named, which shows that versioning is Enabled; null where
   * it named none: then only a listing of the versions tells under which it came out.
   */
  wrote(made: VersionId | null): void;
  /** Durable on return. */
  intend(steps: readonly { readonly step: RollbackStep; readonly markers: readonly VersionId[] }[]): Promise<void>;
  /** `made` is the id of what a step has written, where the store told it. */
  record(step: RollbackStep, result: StepResult, more?: StepFacts): Promise<void>;
}

type Of<Kind extends Standing["kind"]> = Extract<Standing, { readonly kind: Kind }>;

/**
 * How many copies are announced in the journal before they begin; at most these can be under way at a crash. Versioning is
 * asked for before each group, unless a reply of the last seconds has shown it.
 */
export const copiesAhead = 512;
/** As many batches of 1000 are announced, and sent at once. */
const batchesAhead = 4;

/**
 * Does what is left of some steps of one stage. What the store refuses for a single key is recorded and the rest goes on;
 * a refused key to the store, a store that does not answer, versioning that is not Enabled any more and an aborted signal
 * stop it between requests.
 */
export async function runStage(standings: readonly Standing[], acting: Acting): Promise<void> {
  // Copies first: their replies show that versioning is Enabled, which those to lifted markers do not.
  await copy(await preserved(ofKind(standings, "copy"), acting), acting);
  await lift(ofKind(standings, "lift"), acting);
  await hide(await preserved(ofKind(standings, "hide"), acting), acting);
}

function ofKind<Kind extends Standing["kind"]>(standings: readonly Standing[], kind: Kind): readonly Of<Kind>[] {
  return standings.filter((standing): standing is Of<Kind> => standing.kind === kind);
}

interface Grouping {
  readonly ahead: number;
  readonly atOnce: number;
  readonly acting: Acting;
}

/** Begins nothing new once one of a group has failed; the group is recorded as far as it came. */
async function inGroups<T>(
  items: readonly T[],
  { ahead, atOnce, acting }: Grouping,
  { intents, work }: { readonly intents: (item: T) => readonly Intent[]; readonly work: (item: T) => Promise<void> },
): Promise<void> {
  for (let start = 0; start < items.length; start += ahead) {
    acting.signal?.throwIfAborted();
    const group = items.slice(start, start + ahead);
    await acting.requireVersioning();
    await acting.intend(group.flatMap(intents));
    await inParallel(group, { limit: atOnce, signal: acting.signal }, work);
  }
  acting.signal?.throwIfAborted();
}

interface Intent {
  readonly step: RollbackStep;
  readonly markers: readonly VersionId[];
}

async function lift(standings: readonly Of<"lift">[], acting: Acting): Promise<void> {
  const batches = [...inBatches(standings, (standing) => standing.markers.length)];
  await inGroups(batches, batching(acting), {
    intents: (batch) => batch.map(({ step, markers }) => ({ step, markers: markers.map((row) => row.versionId) })),
    work: async (batch) => {
      const markers: readonly DeleteMarker[] = batch.flatMap((standing) => standing.markers);
      await recordBatch(batch, await acting.store.liftMarkers(markers), acting);
    },
  });
}

/** A marker that came out under the id `null` may have replaced a version of that id: nothing more is written then. */
async function hide(standings: readonly Of<"hide">[], acting: Acting): Promise<void> {
  const batches = [...inBatches(standings, () => 1)];
  await inGroups(batches, batching(acting), {
    intents: (batch) => batch.map(({ step }) => ({ step, markers: [] })),
    work: async (batch) => {
      const outcomes = await acting.store.hide(batch.map(({ step }) => step.key));
      await recordBatch(batch, outcomes, acting);
      const bare = outcomes.find(
        ({ versionId, error }) => error === null && versionId !== null && isNullVersion(versionId),
      );
      if (bare !== undefined) throw acting.switchedOff(bare.key);
    },
  });
}

function batching(acting: Acting) {
  return { ahead: batchesAhead, atOnce: Math.min(batchesAhead, acting.connections), acting };
}

/** Gives what would be written above, and has the id `null`, an id of its own; passes on what may go ahead. */
async function preserved<Writing extends Of<"copy"> | Of<"hide">>(
  standings: readonly Writing[],
  acting: Acting,
): Promise<readonly Writing[]> {
  const failed = new Set<Writing>();
  const bare = standings.filter(({ preserve }) => preserve !== null);
  // One of a group may be written under null before the next is asked for: fewer than that at once.
  const atOnce = Math.min(batchesAhead, acting.connections);
  await inGroups(
    bare,
    { ahead: atOnce, atOnce, acting },
    {
      intents: ({ step }) => [{ step, markers: [] }],
      work: async (standing) => {
        const { step, preserve } = standing;
        const given = await settled(async () => preserve === null || (await giveOwnId(acting.store, preserve)));
        if ("problem" in given) {
          failed.add(standing);
          await acting.record(step, "failed", given);
        } else if (!given.value) throw acting.switchedOff(step.key);
      },
    },
  );
  return standings.filter((standing) => !failed.has(standing));
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
      await acting.record(standing.step, "failed", { problem });
    } else if (answers.length < wanted) {
      const problem = { text: "the store did not say what became of it", isDenied: false };
      await acting.record(standing.step, "failed", { problem });
    } else {
      const made = standing.kind === "hide" ? (answers[0]?.versionId ?? null) : null;
      await acting.record(standing.step, "done", { made });
    }
  }
}

async function copy(standings: readonly Of<"copy">[], acting: Acting): Promise<void> {
  await inGroups(
    standings,
    { ahead: copiesAhead, atOnce: acting.connections, acting },
    {
      intents: ({ step }) => [{ step, markers: [] }],
      work: async ({ step, version }) => {
        const copied = await settled(async () => await acting.store.copyForward(version));
        if ("problem" in copied) {
          await acting.record(step, "failed", copied);
          return;
        }
        const { versionId: made } = copied.value;
        await acting.record(step, "done", { made });
        if (made !== null && isNullVersion(made)) throw acting.switchedOff(step.key);
        acting.wrote(made);
      },
    },
  );
}

/** What the work gave; what concerns this key alone is told, anything else is thrown on. */
async function settled<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly problem: StepProblem }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "store-misbehaves") throw error;
    return { problem: { text: error.problem, isDenied: false } };
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
