import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { Clock } from "../../src/base/clock.ts";
import { Failure, type FailureKind } from "../../src/base/failure.ts";
import { addMilliseconds, instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey, type ObjectKey } from "../../src/base/object-key.ts";
import { counting, type CountingStore } from "../../src/store/counting-store.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { retrying } from "../../src/store/retrying-store.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";

const key = objectKey("data/a");

/** Time passes only in sleep. */
class ScriptedClock implements Clock {
  readonly waits: number[] = [];
  #now = instantFromMilliseconds(0);

  now() {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    this.waits.push(milliseconds);
    this.#now = addMilliseconds(this.#now, milliseconds);
    return Promise.resolve();
  }
}

function failure(kind: FailureKind): Failure {
  return new Failure({ kind, action: "try", subject: "backups", problem: "it failed", hint: "try again" });
}

interface Flaky {
  readonly store: CountingStore;
  readonly clock: ScriptedClock;
  readonly memory: MemoryStore;
  readonly tries: () => number;
}

type Fault = Failure | { readonly doneFirst: Failure };

/** A store whose first requests fail, one fault each; those of `doneFirst` fail once the store has done its work. */
function flaky(...faults: readonly Fault[]): Flaky {
  const clock = new ScriptedClock();
  const memory = new MemoryStore(clock);
  const inner = counting(memory);
  const left = [...faults];
  let tries = 0;
  const attempt = async <T>(act: () => Promise<T>): Promise<T> => {
    tries += 1;
    const fault = left.shift();
    if (fault instanceof Failure) throw fault;
    const done = await act();
    if (fault !== undefined) throw fault.doneFirst;
    return done;
  };
  const store: CountingStore = {
    ...inner,
    read: async (...words) => await attempt(() => inner.read(...words)),
    versioning: async () => await attempt(() => inner.versioning()),
    readClock: async () => await attempt(() => inner.readClock()),
    put: async (...words) => await attempt(() => inner.put(...words)),
    copyForward: async (version) => await attempt(() => inner.copyForward(version)),
    hide: async (keys) => await attempt(() => inner.hide(keys)),
    liftMarkers: async (markers) => await attempt(() => inner.liftMarkers(markers)),
    enableVersioning: async () => await attempt(() => inner.enableVersioning()),
    destroyVersions: async (rows) => await attempt(() => inner.destroyVersions(rows)),
  };
  return { store, clock, memory, tries: () => tries };
}

const unreachable = failure("store-unreachable");

async function rowsOf(store: PurgingStore): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions("")) rows.push(...page);
  return rows;
}

describe("retrying()", () => {
  const none = { versions: [], markers: [] } as const;
  it.each<[string, (store: PurgingStore) => Promise<unknown>]>([
    ["read", (store) => store.read(key, null)],
    ["versioning", (store) => store.versioning()],
    ["readClock", (store) => store.readClock()],
    ["put", (store) => store.put(key, Buffer.from("a"))],
    ["hide", (store) => store.hide([key])],
    ["liftMarkers", (store) => store.liftMarkers(none.markers)],
    ["enableVersioning", (store) => store.enableVersioning()],
    ["destroyVersions", (store) => store.destroyVersions(none.versions)],
  ])("repeats %s until it passes, waiting twice as long each time", async (_, act) => {
    const { store, clock, tries } = flaky(unreachable, unreachable, unreachable);
    await act(retrying(store, { clock, hideIsIdempotent: true }));
    expect(tries()).toBe(4);
    expect(clock.waits).toEqual([500, 1000, 2000]);
  });

  it("repeats copyForward, which may leave a twin", async () => {
    const { store, clock, memory } = flaky({ doneFirst: unreachable });
    await memory.put(key, Buffer.from("a"));
    const [version] = await rowsOf(memory);
    if (version?.kind !== "version") throw new Error("nothing was put");
    await retrying(store, { clock, hideIsIdempotent: true }).copyForward(version);
    expect(await rowsOf(memory)).toHaveLength(3);
  });

  it("gives up after five more tries in some 15 seconds, with what the store said last", async () => {
    const last = failure("store-unreachable");
    const { store, clock, tries } = flaky(...Array<Failure>(5).fill(unreachable), last);
    await expect(retrying(store, { clock, hideIsIdempotent: true }).versioning()).rejects.toBe(last);
    expect(tries()).toBe(6);
    expect(clock.waits).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  it.each<FailureKind>(["store-denied", "store-misbehaves", "clock-skewed", "no-repository", "refused", "defect"])(
    "lets %s pass at once",
    async (kind) => {
      const { store, clock, tries } = flaky(failure(kind));
      const attempt = retrying(store, { clock, hideIsIdempotent: false }).put(key, Buffer.from("a"));
      await expect(attempt).rejects.toMatchObject({ kind });
      expect([tries(), clock.waits]).toEqual([1, []]);
    },
  );

  it("lets what is no Failure pass at once", async () => {
    const { store, clock } = flaky();
    const broken = { ...store, versioning: () => Promise.reject(new TypeError("a defect")) };
    await expect(retrying(broken, { clock, hideIsIdempotent: true }).versioning()).rejects.toThrow("a defect");
    expect(clock.waits).toEqual([]);
  });

  it("tells each wait before it begins", async () => {
    const { store, clock } = flaky(unreachable, unreachable);
    const told: (readonly [Failure, number])[] = [];
    const onRetry = (...each: [Failure, number]): void => {
      told.push(each);
    };
    await retrying(store, { clock, hideIsIdempotent: true, onRetry }).versioning();
    expect(told).toEqual([
      [unreachable, 500],
      [unreachable, 1000],
    ]);
  });

  it("stops waiting when it is aborted, with the reason", async () => {
    const { store, clock, tries } = flaky(unreachable, unreachable);
    const stopped = new Error("stopped");
    const abort = new AbortController();
    const options = { clock, hideIsIdempotent: true, signal: abort.signal, onRetry: () => abort.abort(stopped) };
    await expect(retrying(store, options).versioning()).rejects.toBe(stopped);
    expect(tries()).toBe(1);
  });

  it("passes listings through: half of one cannot begin anew", async () => {
    const { store, clock } = flaky();
    const broken = {
      ...store,
      listVersions: (): AsyncIterable<readonly HistoryRow[]> => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(unreachable) }),
      }),
    };
    await expect(rowsOf(retrying(broken, { clock, hideIsIdempotent: true }))).rejects.toBe(unreachable);
    expect(clock.waits).toEqual([]);
  });
});

describe("retrying() hide", () => {
  const keys: readonly ObjectKey[] = ["data/a", "data/b", "index/c"].map(objectKey);

  async function filled(...faults: readonly Fault[]): Promise<Flaky> {
    const made = flaky(...faults);
    for (const each of keys) await made.memory.put(each, Buffer.from("x"));
    return made;
  }

  const shape = (rows: readonly HistoryRow[]): readonly string[] =>
    rows.map(({ key: name, kind }) => `${name} ${kind}`);
  const hiddenOnce = keys.flatMap((name) => [`${name} marker`, `${name} version`]);

  it("leaves out what is hidden already where markers stack, and tells an outcome for every key", async () => {
    const { store, clock, memory } = await filled({ doneFirst: unreachable });
    const outcomes = await retrying(store, { clock, hideIsIdempotent: false }).hide(keys);
    expect(outcomes.map(({ key: name, error }) => [name, error])).toEqual(keys.map((name) => [name, null]));
    expect(shape(await rowsOf(memory))).toEqual(hiddenOnce);
    expect(store.counts()).toMatchObject({ hidden: 3, listings: 1 });
  });

  it("hides what is left of a batch that was done by half", async () => {
    const { store, clock, memory } = await filled(unreachable);
    await memory.hide(keys.slice(0, 1));
    const outcomes = await retrying(store, { clock, hideIsIdempotent: false }).hide(keys);
    expect(outcomes.map(({ key: name }) => name).toSorted()).toEqual(keys);
    expect(shape(await rowsOf(memory))).toEqual(hiddenOnce);
    expect(store.counts()).toMatchObject({ hidden: 2 });
  });

  it("looks at nothing on the first try", async () => {
    const { store, clock } = await filled();
    await retrying(store, { clock, hideIsIdempotent: false }).hide(keys);
    expect(store.counts()).toMatchObject({ hidden: 3, listings: 0 });
  });

  it("looks at nothing where a second marker is not stacked", async () => {
    const { store, clock } = await filled(unreachable);
    await retrying(store, { clock, hideIsIdempotent: true }).hide(keys);
    expect(store.counts()).toMatchObject({ hidden: 3, listings: 0 });
  });
});
