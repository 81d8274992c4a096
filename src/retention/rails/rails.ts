import { burst } from "./burst.ts";
import { filesCollapsed, filesExploded, sizeCollapsed, sizeExploded } from "./backup-size.ts";
import { onHold } from "./on-hold.ts";
import { checkTooOld } from "./check-too-old.ts";
import { emptyList, groupEmptied, newestLost, snapshotsMissing } from "./lost-snapshots.ts";
import { overwrittenDataRail } from "./overwritten-data.ts";
import type { Rail } from "./rail.ts";
import { lateArrival } from "./late-arrival.ts";
import { lifecycleShort } from "./lifecycle-short.ts";
import { silentHost } from "./silent-host.ts";
import { clockSkew, futureDated } from "./skewed-times.ts";
import { newKey, newTag, unknownHost } from "./unknown-names.ts";

/** Every rail that judges by a look alone, in the order in which they are told. */
export const rails: readonly Rail[] = [
  onHold,
  emptyList,
  groupEmptied,
  newestLost,
  snapshotsMissing,
  burst,
  futureDated,
  clockSkew,
  lateArrival,
  unknownHost,
  newTag,
  newKey,
  overwrittenDataRail,
  sizeCollapsed,
  sizeExploded,
  filesCollapsed,
  filesExploded,
  silentHost,
  checkTooOld,
  lifecycleShort,
];
