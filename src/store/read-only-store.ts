import type { ReadableStore } from "./versioned-store.ts";

/** The readable grade of a store and nothing more: what holds this cannot write, whatever it casts it to. */
export function readOnly(store: ReadableStore): ReadableStore {
  return {
    listVersions: (prefix, from) => store.listVersions(prefix, from),
    listCurrent: (prefix) => store.listCurrent(prefix),
    read: async (key, versionId) => await store.read(key, versionId),
    versioning: async () => await store.versioning(),
    settings: async () => await store.settings(),
    openUploads: async (prefix) => await store.openUploads(prefix),
    recordedSha256: async (version) => await store.recordedSha256(version),
    readClock: async () => await store.readClock(),
  };
}
