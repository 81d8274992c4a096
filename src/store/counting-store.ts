import type { HistoryRow } from "./object-version.ts";
import { restorable } from "./restorable-store.ts";
import type { PurgingStore } from "./versioned-store.ts";

/** How often each method of a store was called, and how many keys or rows the batches held. */
interface StoreCounts {
  readonly listings: number;
  readonly reads: number;
  readonly puts: number;
  readonly copies: number;
  readonly hidden: number;
  readonly lifted: number;
  readonly destroyed: number;
  /** Calls that wrote: a batch is one. */
  readonly writes: number;
}

export interface CountingStore extends PurgingStore {
  counts(): StoreCounts;
}

/** Counts what passes through to `store`; changes nothing. */
export function counting(store: PurgingStore): CountingStore {
  const counts = { listings: 0, reads: 0, puts: 0, copies: 0, hidden: 0, lifted: 0, destroyed: 0, writes: 0 };
  const wrote = (kind: "puts" | "copies" | "hidden" | "lifted" | "destroyed", entries: number): void => {
    counts[kind] += entries;
    counts.writes += 1;
  };
  return {
    counts: () => ({ ...counts }),
    ...restorable(store),
    listVersions: (prefix, from) => {
      counts.listings += 1;
      return store.listVersions(prefix, from);
    },
    listCurrent: (prefix) => {
      counts.listings += 1;
      return store.listCurrent(prefix);
    },
    read: async (key, versionId) => {
      counts.reads += 1;
      return await store.read(key, versionId);
    },
    put: async (key, bytes) => {
      wrote("puts", 1);
      return await store.put(key, bytes);
    },
    copyForward: async (version) => {
      wrote("copies", 1);
      return await store.copyForward(version);
    },
    hide: async (keys) => {
      wrote("hidden", keys.length);
      return await store.hide(keys);
    },
    liftMarkers: async (markers) => {
      wrote("lifted", markers.length);
      return await store.liftMarkers(markers);
    },
    destroyVersions: async (rows: readonly HistoryRow[]) => {
      wrote("destroyed", rows.length);
      return await store.destroyVersions(rows);
    },
  };
}
