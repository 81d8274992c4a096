import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys, keyHistoryPages } from "../history/key-history.ts";
import type { HistoryPages, KeyHistory } from "../history/key-history.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { RollbackStep } from "./step.ts";

/** All that is known of one key: its rows in the evidence, its rows now, and what the plan does to it. */
export interface JoinedKey {
  readonly key: ObjectKey;
  /** As they were listed; empty where that side has no such key. */
  readonly then: readonly HistoryRow[];
  readonly now: readonly HistoryRow[];
  readonly step: RollbackStep | null;
}

interface Sides {
  readonly then: HistoryPages;
  readonly now: HistoryPages;
  readonly steps: AsyncIterable<RollbackStep>;
}

const batchSize = 1000;

/**
 * Joins evidence, a listing and the steps of a plan, which all stand in the order of `compareKeys`, in batches of keys.
 * Holds one page of each side, however large they are.
 */
export async function* joinedKeys(sides: Sides): AsyncGenerator<readonly JoinedKey[]> {
  const then = await Cursor.open(keyHistoryPages(sides.then));
  const now = await Cursor.open(keyHistoryPages(sides.now));
  const steps = await Cursor.open(inBatches(sides.steps));
  try {
    let batch: JoinedKey[] = [];
    for (let key = least(then, now, steps); key !== null; key = least(then, now, steps)) {
      batch.push({ key, then: rowsOf(then, key), now: rowsOf(now, key), step: steps.at(key) });
      for (const cursor of [then, now, steps]) if (cursor.at(key) !== null && !cursor.advance()) await cursor.refill();
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await Promise.all([then, now, steps].map(async (cursor) => await cursor.close()));
  }
}

function least(...cursors: readonly Cursor<{ readonly key: ObjectKey }>[]): ObjectKey | null {
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
