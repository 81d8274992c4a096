import { describe } from "vitest";
import { realStores } from "../stores/real-stores.ts";
import { duringTheTests, makeBucket } from "./real-store.ts";
import { copiesWithAllThatBelongs } from "./copying.ts";
import { keepsToWhatItSaidOfLifting } from "./lifting.ts";
import { isAsItsProfileSays } from "./profile.ts";
import { tellsItsSettingsToEachKey } from "./real-settings.ts";
import { refusesByName } from "./refusals.ts";
import { keepsThePromisesOfAVersionedStore } from "./versioned-store.ts";

const [ceph] = realStores();

describe.skipIf(!ceph.isHere)("Ceph RGW", () => {
  const local = duringTheTests(ceph);
  keepsThePromisesOfAVersionedStore({
    makeBucket: async () => await makeBucket(local()),
    otherKeys: [],
  });
  refusesByName(local);
  isAsItsProfileSays(local);
  tellsItsSettingsToEachKey(local);
  keepsToWhatItSaidOfLifting(local);
  copiesWithAllThatBelongs(local);
});
