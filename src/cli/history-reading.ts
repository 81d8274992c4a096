import type { ListingOrder } from "../history/state-at.ts";
import type { DateResolution } from "../history/target-instant.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";

/** How a version history of that provider is read, so that what is not known never counts as an order or a date. */
export interface HistoryReading {
  readonly order: ListingOrder;
  readonly resolution: DateResolution;
  readonly idTime?: VersionIdTime;
}

export function historyReading(profile: ProviderProfile): HistoryReading {
  const order = profile.listOrder.value ?? "split";
  const resolution = profile.dateResolution.value ?? "millisecond";
  const idTime = profile.versionIdTime.value ?? "none";
  switch (idTime) {
    case "none":
      return { order, resolution };
    case "b2":
      return { order, resolution, idTime };
    case "ulid":
    case "seaweed":
    case "swift":
      // Dates come from these ids then, and they are finer than the store's own.
      return { order, resolution: "millisecond", idTime };
  }
}

/** Whether a client can forge the store's dates, or may be able to: the profile `generic` may stand for any store. */
export function mayBeForged({ name, historyForgeable }: ProviderProfile): boolean {
  return historyForgeable.value ?? name === "generic";
}
