import type { ReadableStore } from "./versioned-store.ts";

/** The readable grade of a store and nothing more: what holds this cannot write, whatever it casts it to. */
export function readOnly(store: ReadableStore): ReadableStore {
  return {
    listVersions: (prefix) => store.listVersions(prefix),
    listCurrent: (prefix) => store.listCurrent(prefix),
    read: async (key, versionId) => await store.read(key, versionId),
    versioning: async () => await store.versioning(),
    readClock: async () => await store.readClock(),
  };
}
