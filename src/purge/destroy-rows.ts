import { isNullVersion } from "../base/version-id.ts";
import { denials } from "../store/denials.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { BatchOutcome, PurgingStore } from "../store/versioned-store.ts";
import type { PurgeCounts, PurgeJournal } from "./purge-journal.ts";

/** S3's own limit for one request. */
const batchSize = 1000;
/** As many batches are announced in the journal, and sent at once. */
const batchesAtOnce = 4;
/** Rows that are gathered before they are destroyed. */
export const rowsAhead = batchSize * batchesAtOnce;

/** What goes of one key, in groups: one goes only when all of the group before it is gone. */
export type KeyRemoval = readonly (readonly HistoryRow[])[];

export interface Destroying {
  readonly store: PurgingStore;
  readonly journal: PurgeJournal;
  readonly signal: AbortSignal | undefined;
  /** Throws unless something may be destroyed at this moment; asked before each group of batches. */
  requireLeave(): Promise<void>;
}

/** What came of it so far. */
export class PurgeOutcome implements PurgeCounts {
  versionsRemoved = 0;
  markersRemoved = 0;
  bytesFreed = 0;
  failed = 0;
  /** Of what failed, what the store refused for want of a right. */
  denied = 0;
  /** Whether a request to destroy anything may have gone out. */
  hasBegun = false;
  firstProblem: string | null = null;

  removed(row: HistoryRow): void {
    if (row.kind === "marker") this.markersRemoved++;
    else {
      this.versionsRemoved++;
      this.bytesFreed += row.size;
    }
  }

  fail(row: HistoryRow, code: string, problem: string): void {
    this.failed++;
    if (denials.has(code)) this.denied++;
    this.firstProblem ??= `${row.key}: ${problem}`;
  }
}

/**
 * Destroys what goes of some keys, the first groups of all of them first. What the store refuses for a single row is
 * recorded and the rest goes on, but for the later groups of its key; anything else, and an aborted signal, stops it
 * between requests, with every answer recorded.
 */
export async function destroyRows(
  removals: readonly KeyRemoval[],
  outcome: PurgeOutcome,
  means: Destroying,
): Promise<void> {
  let left = removals;
  for (let group = 0; left.length > 0; group++) {
    const stayed = await destroyAll(
      left.flatMap((removal) => removal[group] ?? []),
      outcome,
      means,
    );
    const isGone = (removal: KeyRemoval): boolean => removal[group]?.some((row) => stayed.has(row)) === false;
    left = left.filter((removal) => removal.length > group + 1 && isGone(removal));
  }
}

/** The rows that stayed. */
async function destroyAll(
  rows: readonly HistoryRow[],
  outcome: PurgeOutcome,
  means: Destroying,
): Promise<ReadonlySet<HistoryRow>> {
  const stayed = new Set<HistoryRow>();
  for (let from = 0; from < rows.length; from += rowsAhead) {
    means.signal?.throwIfAborted();
    const group = rows.slice(from, from + rowsAhead).filter(({ versionId }) => !isNullVersion(versionId));
    await means.requireLeave();
    await means.journal.intend(group);
    outcome.hasBegun = true;
    const batches = Array.from({ length: Math.ceil(group.length / batchSize) }, (_, index) =>
      group.slice(index * batchSize, (index + 1) * batchSize),
    );
    const answers = await Promise.allSettled(
      batches.map(async (batch) => ({ batch, outcomes: await means.store.destroyVersions(batch) })),
    );
    for (const answer of answers) {
      if (answer.status === "fulfilled") await record(answer.value, stayed, { outcome, means });
    }
    const broken = answers.find((answer) => answer.status === "rejected");
    if (broken !== undefined) throw broken.reason;
  }
  return stayed;
}

async function record(
  { batch, outcomes }: { readonly batch: readonly HistoryRow[]; readonly outcomes: readonly BatchOutcome[] },
  stayed: Set<HistoryRow>,
  { outcome, means: { journal } }: { readonly outcome: PurgeOutcome; readonly means: Destroying },
): Promise<void> {
  const errors = new Map(outcomes.map((each) => [nameOf(each), each.error]));
  let done = 0;
  for (const row of batch) {
    const error = errors.get(nameOf(row));
    if (error === null) {
      outcome.removed(row);
      done++;
      continue;
    }
    const { code, message } = error ?? { code: "NotMentioned", message: "the store did not say what became of it" };
    const problem = `${code}: ${message}`;
    stayed.add(row);
    outcome.fail(row, code, problem);
    await journal.failed(row, problem);
  }
  await journal.done(done);
}

function nameOf({ key, versionId }: Pick<BatchOutcome, "key" | "versionId">): string {
  return `${versionId ?? ""} ${key}`;
}
