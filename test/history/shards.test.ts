import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { Failure } from "../../src/base/failure.ts";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import { compareKeys } from "../../src/history/key-history.ts";
import { shardedHistory } from "../../src/history/shards.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { ReadableStore } from "../../src/store/versioned-store.ts";

const clock = { now: () => instantFromMilliseconds(0), sleep: () => Promise.resolve() };

/** A bucket in memory with so many versions of each key. */
function bucketOf(keys: readonly string[], versions: (index: number) => number = () => 1): MemoryStore {
  const store = new MemoryStore(clock);
  for (const [index, key] of keys.entries()) {
    for (let count = 0; count < versions(index); count++) {
      const common = { key: objectKey(key), versionId: versionId(`${index}.${count}`), lastModified: clock.now() };
      store.inject({ kind: "marker", ...common, owner: null });
    }
  }
  return store;
}

/**
 * Lists a bucket in small pages; each page takes its turn, so that listings overlap as they do over a network. Counts
 * what is under way and what was given out.
 */
class SmallPages implements Pick<ReadableStore, "listVersions"> {
  readonly #rows: readonly HistoryRow[];
  readonly #pageSize: number;
  listings = 0;
  pagesGiven = 0;
  underWay = 0;
  mostUnderWay = 0;
  turns = 0;
  /** What happens instead of the page of that number. */
  fault: ((page: number) => void) | null = null;
  #waiting: (() => void)[] = [];

  private constructor(rows: readonly HistoryRow[], pageSize: number) {
    this.#rows = rows;
    this.#pageSize = pageSize;
  }

  static async of(store: MemoryStore, pageSize = 3): Promise<SmallPages> {
    return new SmallPages(await allRows(store), pageSize);
  }

  async *listVersions(prefix: string, from = ""): AsyncGenerator<readonly HistoryRow[]> {
    this.listings++;
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      let at = this.#firstAt(compareKeys(prefix, from) > 0 ? prefix : from);
      let rows = this.#page(prefix, at);
      while (rows.length > 0) {
        await this.#turn();
        this.fault?.(this.pagesGiven);
        this.pagesGiven++;
        yield rows;
        at += rows.length;
        rows = this.#page(prefix, at);
      }
    } finally {
      this.underWay--;
    }
  }

  #page(prefix: string, at: number): readonly HistoryRow[] {
    return this.#rows.slice(at, at + this.#pageSize).filter(({ key }) => key.startsWith(prefix));
  }

  /** The place of the first row that does not stand below `from`. */
  #firstAt(from: string): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (compareKeys(this.#rows[middle]?.key ?? "", from) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** All that wait when a turn comes are answered in it: as many round trips as a network would need. */
  async #turn(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#waiting.length === 0) {
        setImmediate(() => {
          this.turns++;
          const waiting = this.#waiting;
          this.#waiting = [];
          for (const answer of waiting) answer();
        });
      }
      this.#waiting.push(resolve);
    });
  }
}

async function allRows(store: MemoryStore): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions("")) rows.push(...page);
  return rows;
}

async function rowsOf(pages: AsyncIterable<readonly HistoryRow[]>): Promise<readonly string[]> {
  const rows: string[] = [];
  for await (const page of pages) {
    expect(page.length).toBeGreaterThan(0);
    rows.push(...page.map((row) => `${row.key} ${row.versionId}`));
  }
  return rows;
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const pack = (name: string): string => `home/data/${name.slice(0, 2)}/${name}`;
function repository(packs: number): readonly string[] {
  const names = Array.from({ length: packs }, (_, index) => hash(`pack ${index}`));
  const indexes = Array.from({ length: Math.ceil(packs / 20) }, (_, index) => `home/index/${hash(`index ${index}`)}`);
  return ["home/config", ...names.map(pack), ...indexes, `home/keys/${hash("key")}`, `home/snapshots/${hash("s")}`];
}

const hashedKey = fc.string({ minLength: 1, maxLength: 4 }).map(hash);
const anyKey = fc.oneof(
  hashedKey.map(pack),
  hashedKey.map((name) => `home/index/${name}`),
  hashedKey.map((name) => `home/snapshots/${name}`),
  // Where a repository is cut, and just above and below.
  fc
    .tuple(
      fc.constantFrom("home/data", "home/index", "home/data/8", "home/data/80/80"),
      fc.constantFrom("", "/", "0", "0!", "g"),
    )
    .map(([folder, end]) => `${folder}${end}`),
  fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "~", " ", "/", "0") }),
  fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("é", "\u{e000}", "😀", "😁", "\u{10ffff}", "z") }),
);
const anyBucket = fc
  .uniqueArray(anyKey, { maxLength: 120 })
  .chain((keys) =>
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }).map((depths) => ({ keys, depths })),
  );

describe("shardedHistory()", () => {
  it("gives the rows of the plain listing, in its order, whatever the keys are", async () => {
    const options = { connections: fc.integer({ min: 1, max: 20 }), pageSize: fc.integer({ min: 1, max: 5 }) };
    const prefix = fc.constantFrom("", "home/", "home/data/", "home/d", "a", "é");
    await fc.assert(
      fc.asyncProperty(anyBucket, fc.record({ ...options, prefix }), async ({ keys, depths }, how) => {
        const store = bucketOf(keys, (index) => depths[index % depths.length] ?? 1);
        const sharded = shardedHistory(await SmallPages.of(store, how.pageSize), how);
        expect(await rowsOf(sharded)).toEqual(await rowsOf(store.listVersions(how.prefix)));
      }),
      { numRuns: 300 },
    );
  });

  it("reads a long history side by side, with few rows read in vain", async () => {
    const store = bucketOf(repository(20_000), () => 2);
    const pages = await SmallPages.of(store, 20);
    const rows = await rowsOf(shardedHistory(pages, { prefix: "home/", connections: 16 }));
    expect(rows).toEqual(await rowsOf(store.listVersions("home/")));
    const needed = rows.length / 20;
    expect(pages.turns).toBeLessThan(needed / 6);
    expect(pages.pagesGiven).toBeLessThan(needed * 1.3);
  });

  it.each([1, 2, 5, 16])(
    "never has more than %d listings under way, nor more than its share of pages",
    async (connections) => {
      const pages = await SmallPages.of(bucketOf(repository(3000)), 5);
      let taken = 0;
      let mostHeld = 0;
      for await (const page of shardedHistory(pages, { prefix: "", connections })) {
        expect(page.length).toBeGreaterThan(0);
        taken++;
        // A slow consumer, so that every range has time to run ahead.
        for (let pause = 0; pause < 3; pause++) await new Promise(setImmediate);
        mostHeld = Math.max(mostHeld, pages.pagesGiven - taken);
      }
      expect(pages.mostUnderWay).toBeLessThanOrEqual(connections);
      // Pages of which no row was wanted count as given and are never taken: one for each range at most.
      expect(mostHeld - pages.listings).toBeLessThanOrEqual(3 * connections);
    },
  );

  it("keeps within its share of pages while the ranges are even", async () => {
    const pages = await SmallPages.of(bucketOf(repository(20_000)), 20);
    const listing = shardedHistory(pages, { prefix: "home/", connections: 4 });
    for (let turn = 0; turn < 3; turn++) await listing.next();
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(pages.pagesGiven - 3).toBe(12);
    await listing.return(undefined);
  });

  it.each([0, 1, 3])("asks once for a bucket of %d rows", async (count) => {
    const pages = await SmallPages.of(bucketOf(repository(10).slice(0, count)));
    expect(await rowsOf(shardedHistory(pages, { prefix: "home/", connections: 16 }))).toHaveLength(count);
    expect(pages.listings).toBe(1);
  });

  it("reads a key of very many versions without asking much more than for those", async () => {
    const keys = repository(30);
    const store = bucketOf(keys, (index) => (index === 7 ? 6000 : 1));
    const pages = await SmallPages.of(store, 10);
    expect(await rowsOf(shardedHistory(pages, { prefix: "home/", connections: 16 }))).toHaveLength(
      6000 + keys.length - 1,
    );
    expect(pages.listings).toBeLessThan(40);
  });

  it("asks for nothing before the first page is wanted", async () => {
    const pages = await SmallPages.of(bucketOf(repository(100)));
    const listing = shardedHistory(pages, { prefix: "", connections: 16 });
    await new Promise(setImmediate);
    expect(pages.listings).toBe(0);
    await listing.return(undefined);
  });

  it("fails with the failure of any range, and asks for nothing more", async () => {
    const denied = new Failure({ kind: "store-denied", action: "list", subject: "b", problem: "refused", hint: "" });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 150 }), async (at) => {
        const pages = await SmallPages.of(bucketOf(repository(400)));
        pages.fault = (page) => {
          if (page >= at) throw denied;
        };
        await expect(rowsOf(shardedHistory(pages, { prefix: "", connections: 8 }))).rejects.toBe(denied);
        await settled(pages);
      }),
      { numRuns: 40 },
    );
  });

  it("stops every listing when the consumer leaves", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (wanted) => {
        const pages = await SmallPages.of(bucketOf(repository(400)));
        let taken = 0;
        for await (const page of shardedHistory(pages, { prefix: "", connections: 8 })) {
          expect(page.length).toBeGreaterThan(0);
          taken++;
          if (taken === wanted) break;
        }
        await settled(pages);
      }),
      { numRuns: 40 },
    );
  });

  it("ends with the signal's reason, also while it waits for a store that does not answer", async () => {
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const silent: Pick<ReadableStore, "listVersions"> = {
      listVersions: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }),
    };
    const reading = rowsOf(shardedHistory(silent, { prefix: "", connections: 4, signal: stop.signal }));
    setImmediate(() => stop.abort(reason));
    await expect(reading).rejects.toBe(reason);
    await expect(rowsOf(shardedHistory(silent, { prefix: "", connections: 4, signal: stop.signal }))).rejects.toBe(
      reason,
    );
  });

  it("does not take a listing whose keys are out of order, since a cut would lose rows", async () => {
    const rows = await allRows(bucketOf(["a", "c", "b"]));
    const unsorted: Pick<ReadableStore, "listVersions"> = {
      async *listVersions() {
        yield await Promise.resolve(["a", "c", "b"].flatMap((key) => rows.filter((row) => row.key === key)));
      },
    };
    await expect(rowsOf(shardedHistory(unsorted, { prefix: "", connections: 4 }))).rejects.toMatchObject({
      kind: "store-misbehaves",
      subject: "b",
    });
  });
});

/** Nothing is under way any more, and nothing more is asked for. */
async function settled(pages: SmallPages): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  const { pagesGiven, listings } = pages;
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  expect(pages.underWay).toBe(0);
  expect([pages.pagesGiven, pages.listings]).toEqual([pagesGiven, listings]);
}
