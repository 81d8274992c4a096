import type { RestorableStore } from "./versioned-store.ts";

/** The restorable grade of a store and nothing more: what holds this cannot destroy a version, whatever it casts it to. */
export function restorable(store: RestorableStore): RestorableStore {
  return {
    listVersions: (prefix) => store.listVersions(prefix),
    listCurrent: (prefix) => store.listCurrent(prefix),
    read: async (key, versionId) => await store.read(key, versionId),
    versioning: async () => await store.versioning(),
    readClock: async () => await store.readClock(),
    put: async (key, bytes) => await store.put(key, bytes),
    copyForward: async (version) => {
      await store.copyForward(version);
    },
    hide: async (keys) => await store.hide(keys),
    liftMarkers: async (markers) => await store.liftMarkers(markers),
    enableVersioning: async () => {
      await store.enableVersioning();
    },
  };
}
