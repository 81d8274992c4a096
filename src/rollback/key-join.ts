import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys, keyHistoryPages } from "../history/key-history.ts";
import type { HistoryPages, KeyHistory } from "../history/key-history.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { AmbiguousKey } from "./decide.ts";
import type { RollbackPlan } from "./plan-file.ts";
import type { RollbackStep } from "./step.ts";

/** All that is known of one key: its rows in the evidence, its rows now, and what the plan does to it. */
export interface JoinedKey {
  readonly key: ObjectKey;
  /** As they were listed; empty where that side has no such key. */
  readonly then: readonly HistoryRow[];
  readonly now: readonly HistoryRow[];
  readonly step: RollbackStep | null;
  /** What the plan says of it besides. */
  readonly ambiguous: AmbiguousKey | null;
  readonly isLost: boolean;
}

interface Sides {
  readonly then: HistoryPages;
  readonly now: HistoryPages;
  readonly plan: Pick<RollbackPlan, "stepsByKey" | "ambiguousKeys" | "unrecoverableKeys">;
}

const batchSize = 1000;

/**
 * Joins evidence, a listing and what a plan says of keys, which all stand in the order of `compareKeys`, in batches of keys.
 * Holds one page of each side, however large they are.
 */
export async function* joinedKeys(sides: Sides): AsyncGenerator<readonly JoinedKey[]> {
  const then = await Cursor.open(keyHistoryPages(sides.then));
  const now = await Cursor.open(keyHistoryPages(sides.now));
  const steps = await Cursor.open(inBatches(sides.plan.stepsByKey()));
  const ambiguous = await Cursor.open(sides.plan.ambiguousKeys());
  const lost = await Cursor.open(sides.plan.unrecoverableKeys());
  const cursors = [then, now, steps, ambiguous, lost];
  try {
    let batch: JoinedKey[] = [];
    for (let key = least(cursors); key !== null; key = least(cursors)) {
      const said = { step: steps.at(key), ambiguous: ambiguous.at(key), isLost: lost.at(key) !== null };
      batch.push({ key, then: rowsOf(then, key), now: rowsOf(now, key), ...said });
      for (const cursor of cursors) if (cursor.at(key) !== null && !cursor.advance()) await cursor.refill();
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await Promise.all(cursors.map(async (cursor) => await cursor.close()));
  }
}

function least(cursors: readonly Cursor<{ readonly key: ObjectKey }>[]): ObjectKey | null {
  let key: ObjectKey | null = null;
  for (const { head } of cursors) if (head !== null && (key === null || compareKeys(head.key, key) < 0)) key = head.key;
  return key;
}

function rowsOf(cursor: Cursor<KeyHistory>, key: ObjectKey): readonly HistoryRow[] {
  return cursor.at(key)?.rows ?? [];
}

/** One side of the join, at one of its keys. */
class Cursor<T extends { readonly key: ObjectKey }> {
  readonly #pages: AsyncIterator<readonly T[]>;
  #page: readonly T[] = [];
  #index = 0;

  private constructor(pages: AsyncIterator<readonly T[]>) {
    this.#pages = pages;
  }

  static async open<T extends { readonly key: ObjectKey }>(pages: AsyncIterable<readonly T[]>): Promise<Cursor<T>> {
    const cursor = new Cursor(pages[Symbol.asyncIterator]());
    await cursor.refill();
    return cursor;
  }

  get head(): T | null {
    return this.#page[this.#index] ?? null;
  }

  at(key: ObjectKey): T | null {
    const { head } = this;
    return head?.key === key ? head : null;
  }

  /** False where the page is used up: `refill` then. */
  advance(): boolean {
    this.#index++;
    return this.#index < this.#page.length;
  }

  async refill(): Promise<void> {
    this.#index = 0;
    do {
      const next = await this.#pages.next();
      this.#page = next.done === true ? [] : next.value;
      if (next.done === true) return;
    } while (this.#page.length === 0);
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
