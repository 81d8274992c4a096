import { describe } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { openClock } from "../../src/adapters/system-clock.ts";
import { keepsThePromisesOfAVersionedStore } from "./versioned-store.ts";

describe("the memory store", () => {
  keepsThePromisesOfAVersionedStore({
    makeBucket: () => {
      const store = new MemoryStore(openClock(), "off");
      return Promise.resolve({
        store,
        inPagesOf: () => store,
        suspendVersioning: () => {
          store.setVersioning("suspended");
          return Promise.resolve();
        },
      });
    },
    otherKeys: [],
  });
});
