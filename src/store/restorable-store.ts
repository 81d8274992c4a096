import { readOnly } from "./read-only-store.ts";
import type { RestorableStore } from "./versioned-store.ts";

/** The restorable grade of a store and nothing more: what holds this cannot destroy a version, whatever it casts it to. */
export function restorable(store: RestorableStore): RestorableStore {
  return {
    ...readOnly(store),
    put: async (key, bytes) => await store.put(key, bytes),
    copyForward: async (version) => await store.copyForward(version),
    hide: async (keys) => await store.hide(keys),
    liftMarkers: async (markers) => await store.liftMarkers(markers),
    mayLiftMarkers: async (prefix) => await store.mayLiftMarkers(prefix),
    enableVersioning: async () => {
      await store.enableVersioning();
    },
  };
}
