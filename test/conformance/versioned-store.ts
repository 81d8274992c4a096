import type { StoreUnderTest } from "./bucket.ts";
import { listsVersions, listsWhatIsCurrent } from "./listing.ts";
import { knowsWhetherItMayLift } from "./lifting.ts";
import { reads } from "./reading.ts";
import { listsOpenUploads, tellsItsSettings, vouchesForNothingUnknown } from "./settings.ts";
import { copiesForward, destroysVersions, hidesAndLifts, knowsItsVersioning, takesHostileKeys } from "./writing.ts";

/** Every promise of the port, over whatever store it is given. */
export function keepsThePromisesOfAVersionedStore(under: StoreUnderTest): void {
  listsVersions(under);
  listsWhatIsCurrent(under);
  reads(under);
  copiesForward(under);
  hidesAndLifts(under);
  destroysVersions(under);
  takesHostileKeys(under);
  knowsItsVersioning(under);
  tellsItsSettings(under);
  listsOpenUploads(under);
  vouchesForNothingUnknown(under);
  knowsWhetherItMayLift(under);
}
