import type { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { Failure } from "../../src/base/failure.ts";
import type { Instant } from "../../src/base/instant.ts";
import { versionId } from "../../src/base/version-id.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { restorable } from "../../src/store/restorable-store.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import type { ScriptedClock } from "./scripted-clock.ts";

/** The same store but for what a test replaces. */
export function storeWith(store: PurgingStore, changes: Partial<PurgingStore>): PurgingStore {
  return {
    ...restorable(store),
    destroyVersions: async (rows) => await store.destroyVersions(rows),
    ...changes,
  };
}

/** A failure as an adapter words it. */
export function storeFailure(kind: Failure["kind"], problem: string): Failure {
  return new Failure({ kind, action: "use", subject: "backups", problem, hint: "see the store" });
}

const accessDenied = (): Failure => storeFailure("store-denied", "the store refused the key (AccessDenied)");

type Grant = "listVersions" | "put" | "hide" | "enableVersioning" | "destroyVersions";

/** A store whose key may not do some things. */
export function denying(store: PurgingStore, ...denied: readonly Grant[]): PurgingStore {
  const refuse = async (): Promise<never> => await Promise.reject(accessDenied());
  const refusals: Pick<PurgingStore, Grant> = {
    listVersions: refusedListing,
    put: refuse,
    hide: refuse,
    enableVersioning: refuse,
    destroyVersions: refuse,
  };
  const isDenied = ([name]: readonly [string, unknown]): boolean => (denied as readonly string[]).includes(name);
  return storeWith(store, Object.fromEntries(Object.entries(refusals).filter(isDenied)));
}

async function* refusedListing(): AsyncIterable<readonly HistoryRow[]> {
  yield await Promise.reject<readonly HistoryRow[]>(accessDenied());
}

/** A store that says at once that versioning is on, and keeps versions from `begins` on only. */
export function beginningLate(store: MemoryStore, clock: ScriptedClock, begins: Instant): PurgingStore {
  const settle = (): void => store.setVersioning(clock.now() >= begins ? "enabled" : "off");
  return storeWith(store, {
    versioning: () => Promise.resolve("enabled"),
    put: async (key, bytes) => {
      settle();
      return await store.put(key, bytes);
    },
    hide: async (keys) => {
      settle();
      return await store.hide(keys);
    },
  });
}

/** Garage's way: every put answers with a version id, and a read by it gives what was put last. */
export function fakingVersions(store: MemoryStore): PurgingStore {
  store.setVersioning("off");
  let given = 0;
  return storeWith(store, {
    versioning: () => Promise.resolve("enabled"),
    put: async (key, bytes) => {
      await store.put(key, bytes);
      given += 1;
      return { versionId: versionId(`fake-${given}`) };
    },
    read: async (key) => await store.read(key, null),
  });
}

/** What a test throws where a process is killed. */
export class Stopped extends Error {}

/** Lets some writes through and then stops everything that writes, for good: a process that is killed at one point. */
export class Fuse {
  readonly #limit: number;
  readonly #when: "before" | "after";
  #writes = 0;

  /** Stops at write number `limit`, just before the store hears of it or just after. */
  constructor(limit: number, when: "before" | "after") {
    this.#limit = limit;
    this.#when = when;
  }

  get writes(): number {
    return this.#writes;
  }

  async write<T>(act: () => Promise<T>): Promise<T> {
    this.#writes += 1;
    if (this.#writes > this.#limit || (this.#writes === this.#limit && this.#when === "before")) throw new Stopped();
    const done = await act();
    if (this.#writes === this.#limit) throw new Stopped();
    return done;
  }

  store(store: PurgingStore): PurgingStore {
    return storeWith(store, {
      put: async (key, bytes) => await this.write(async () => await store.put(key, bytes)),
      hide: async (keys) => await this.write(async () => await store.hide(keys)),
      enableVersioning: async () => await this.write(async () => await store.enableVersioning()),
      destroyVersions: async (rows) => await this.write(async () => await store.destroyVersions(rows)),
    });
  }
}
