import type { ObjectKey } from "../base/object-key.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { compareKeys, requireOrder } from "./key-history.ts";
import { coveringPrefix } from "./key-range.ts";
import { pagesInRange, splitRange } from "./split-range.ts";

export interface ShardOptions {
  readonly prefix: string;
  /** Listings that may run at once; 1 reads the history in one piece. */
  readonly connections: number;
  readonly signal?: AbortSignal | undefined;
}

/** Pages that may wait to be taken, for each connection: more let fast ranges run ahead, and cost memory. */
const pagesPerConnection = 3;
/** Pages that may wait for a consumer who never has to. */
const fewestPages = 4;
/** How far their number goes up with each page that is not there when it is wanted, and down with each that is. */
const raised = 4;
const lowered = 0.1;

/**
 * The version history under a prefix, as `listVersions` gives it, read in ranges side by side: the same rows in the same
 * order, in other pages. What fits into one page costs one request; a longer history is cut while it is read, see
 * `splitRange`. Holds a number of pages that does not grow with the bucket, and few for a consumer who is slower than the
 * store. Nothing is read before the first page is wanted, and no further listing begins after the consumer has left.
 *
 * Fails with the first failure of any listing, with the signal's reason as soon as it is aborted, and with
 * `store-misbehaves` where keys are out of order.
 */
export async function* shardedHistory(
  store: Pick<ReadableStore, "listVersions">,
  options: ShardOptions,
): AsyncGenerator<readonly HistoryRow[]> {
  const { signal } = options;
  signal?.throwIfAborted();
  const shards = new Shards(store, options);
  const abort = (): void => shards.fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    yield* shards.pages();
  } finally {
    signal?.removeEventListener("abort", abort);
    shards.stop();
  }
}

/** One range of keys, and the pages that were read of it and not yet taken. */
class Shard {
  readonly from: string;
  until: string | null;
  next: Shard | null = null;
  readonly pages: (readonly HistoryRow[])[] = [];
  /** `waiting`: no request was sent yet. */
  progress: "waiting" | "reading" | "read" = "waiting";
  /** Pages waiting to be taken, and one more while it is asked for. */
  held = 0;
  /** Lets it ask for its next page; null while it does not wait for that. */
  resume: (() => void) | null = null;
  /** Pages to read before it is looked at whether to cut what is left. */
  pagesToCut: number;
  #lastKey: ObjectKey | null = null;

  constructor(range: { readonly from: string; readonly until: string | null }, pagesToCut: number) {
    this.from = range.from;
    this.until = range.until;
    this.pagesToCut = pagesToCut;
  }

  /** The rows of a page that belong to this range; fewer than the page where the range ends within it. */
  own(page: readonly HistoryRow[]): readonly HistoryRow[] {
    for (const { key } of page) {
      if (key === this.#lastKey) continue;
      if (this.#lastKey !== null) requireOrder(this.#lastKey, key);
      this.#lastKey = key;
    }
    const { until } = this;
    if (until === null || this.#lastKey === null || compareKeys(this.#lastKey, until) < 0) return page;
    return page.slice(
      0,
      page.findIndex((row) => compareKeys(row.key, until) >= 0),
    );
  }
}

/** The ranges in key order, from the one whose pages are given out now. */
class Shards {
  readonly #store: Pick<ReadableStore, "listVersions">;
  readonly #prefix: string;
  readonly #connections: number;
  readonly #most: number;
  /** Pages that may wait or be asked for. */
  #budget: number;
  #head: Shard | null;
  #reading = 0;
  #held = 0;
  #failure: { readonly reason: unknown } | null = null;
  #isStopped = false;
  #wake: () => void = () => undefined;

  constructor(store: Pick<ReadableStore, "listVersions">, { prefix, connections }: ShardOptions) {
    this.#store = store;
    this.#prefix = prefix;
    this.#connections = Math.max(1, connections);
    this.#most = this.#connections * pagesPerConnection;
    this.#budget = Math.min(this.#most, Math.max(fewestPages, this.#connections));
    this.#head = new Shard({ from: prefix, until: null }, 1);
  }

  async *pages(): AsyncGenerator<readonly HistoryRow[]> {
    this.#pump();
    for (;;) {
      if (this.#failure !== null) throw this.#failure.reason;
      const page = this.#take();
      if (page !== null) {
        this.#budget = Math.max(Math.min(fewestPages, this.#most), this.#budget - lowered);
        yield page;
      } else if (this.#head === null) return;
      else await this.#nextPage();
    }
  }

  async #nextPage(): Promise<void> {
    this.#budget = Math.min(this.#most, this.#budget + raised);
    this.#pump();
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  fail(reason: unknown): void {
    if (this.#isStopped) return;
    this.#failure ??= { reason };
    this.stop();
    this.#wake();
  }

  /** Requests under way end by themselves; no other is sent. */
  stop(): void {
    this.#isStopped = true;
    for (let shard = this.#head; shard !== null; shard = shard.next) shard.resume?.();
  }

  #take(): readonly HistoryRow[] | null {
    for (;;) {
      const head = this.#head;
      const page = head?.pages.shift();
      if (head !== null && page !== undefined) {
        this.#release(head);
        this.#pump();
        return page;
      }
      if (head?.progress !== "read") return null;
      this.#head = head.next;
      this.#pump();
    }
  }

  /** Begins what may begin and lets go on what may go on, nearest to the head first. */
  #pump(): void {
    for (let shard = this.#head; shard !== null && !this.#isStopped; shard = shard.next) {
      if (shard.progress === "waiting") {
        if (this.#reading >= this.#connections) return;
        shard.progress = "reading";
        this.#reading++;
        void this.#read(shard);
      } else if (shard.resume !== null && this.#mayHoldMore(shard)) {
        const { resume } = shard;
        shard.resume = null;
        this.#hold(shard);
        resume();
      }
    }
  }

  /** One page of the budget is the head's alone, so that it never waits for ranges that wait for it. */
  #mayHoldMore(shard: Shard): boolean {
    return this.#held < this.#budget - 1 || (shard === this.#head && shard.held === 0);
  }

  #hold(shard: Shard): void {
    shard.held++;
    this.#held++;
  }

  #release(shard: Shard): void {
    shard.held--;
    this.#held--;
  }

  async #read(shard: Shard): Promise<void> {
    const pages = this.#store.listVersions(coveringPrefix(shard, this.#prefix), shard.from)[Symbol.asyncIterator]();
    try {
      do await this.#permission(shard);
      while (!this.#isStopped && this.#put(shard, await pages.next()));
    } catch (error) {
      this.fail(error);
    } finally {
      shard.progress = "read";
      this.#reading--;
      if (shard === this.#head) this.#wake();
      this.#pump();
      // A listing that is left early has nothing more to say, not even how it ended.
      pages.return?.().catch(() => undefined);
    }
  }

  async #permission(shard: Shard): Promise<void> {
    if (this.#isStopped) return;
    if (this.#mayHoldMore(shard)) this.#hold(shard);
    else await new Promise<void>((resolve) => (shard.resume = resolve));
  }

  /** Whether there may be more of this range. */
  #put(shard: Shard, next: IteratorResult<readonly HistoryRow[]>): boolean {
    const page = next.done === true ? [] : next.value;
    const rows = shard.own(page);
    if (rows.length > 0) shard.pages.push(rows);
    else this.#release(shard);
    const isOver = next.done === true || rows.length < page.length;
    if (!isOver) this.#cutWhereLong(shard, page);
    if (shard === this.#head) this.#wake();
    return !isOver;
  }

  #cutWhereLong(shard: Shard, page: readonly HistoryRow[]): void {
    if (this.#connections === 1) return;
    shard.pagesToCut--;
    if (shard.pagesToCut >= 0) return;
    shard.pagesToCut = pagesInRange;
    const cuts = splitRange({ prefix: this.#prefix, page, until: shard.until });
    let { until } = shard;
    for (const cut of cuts.toReversed()) {
      const behind = new Shard({ from: cut, until }, pagesInRange);
      behind.next = shard.next;
      shard.next = behind;
      until = cut;
    }
    shard.until = until;
    this.#pump();
  }
}
