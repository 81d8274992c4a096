import type { Clock } from "../base/clock.ts";
import type { Duration } from "../base/duration.ts";
import type { Finding } from "../base/finding.ts";
import type { Instant } from "../base/instant.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { StateFolder } from "../base/state-folder.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import type { ListingOrder } from "../history/state-at.ts";
import type { PurgingStore, ReadableStore } from "../store/versioned-store.ts";
import type { DateTrust, PurgeRules } from "./decide-key.ts";
import type { RuleOutlook } from "./lifecycle-outlook.ts";
import type { ListingRecord } from "./listing-record.ts";
import type { BrokenRun, PurgeCounts } from "./purge-journal.ts";
import type { PurgeTotals } from "./purge-totals.ts";

/** How far a purge has come; `total` is null while it is not known. */
export interface PurgeProgress {
  readonly stage: "list" | "destroy";
  readonly done: number;
  readonly total: number | null;
}

export interface PurgePlanRequest {
  readonly repository: string;
  readonly location: RepositoryLocation;
  readonly store: ReadableStore;
  readonly state: StateFolder;
  readonly clock: Clock;
  /** How far back every object must stay recoverable. */
  readonly window: Duration;
  readonly order: ListingOrder;
  readonly idTime?: VersionIdTime | undefined;
  readonly dates: DateTrust;
  /** What the caller knows to stand against any purge: a hold, a finding that nobody has settled. */
  readonly held?: readonly Finding[];
  readonly connections?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PurgeProgress) => void) | undefined;
  /** Told each key that is left though something of it is old enough, in the order of the keys. */
  readonly onLeft?: ((finding: Finding) => void) | undefined;
}

/** What a purge would do. Nothing of it is written down but the evidence: whoever applies it decides anew, key by key. */
export interface PurgePlan {
  readonly repository: string;
  readonly location: RepositoryLocation;
  readonly stem: string;
  readonly rules: PurgeRules;
  /** By the earlier of the store's clock and ours. */
  readonly now: Instant;
  readonly listing: ListingRecord;
  /** The listing from before the window that tells how long ago a version was superseded; null where there is none. */
  readonly earlier: ListingRecord | null;
  /** When the first of what is `waiting` can go; null where nothing waits. */
  readonly possibleFrom: Instant | null;
  readonly totals: PurgeTotals;
  readonly lifecycle: readonly RuleOutlook[];
  /** Where there is any, nothing may be destroyed. */
  readonly held: readonly Finding[];
  readonly broken: BrokenRun | null;
}

export interface PurgeApplyRequest {
  readonly plan: PurgePlan;
  readonly store: PurgingStore;
  readonly state: StateFolder;
  readonly clock: Clock;
  readonly role: string;
  /** An access key id is no secret. Null where the caller does not know it. */
  readonly accessKey: string | null;
  /** What stands against any purge by now; asked before the first request to destroy anything and between batches. */
  readonly heldNow?: (() => Promise<readonly Finding[]>) | undefined;
  readonly connections?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PurgeProgress) => void) | undefined;
}

export interface PurgeResult extends PurgeCounts {
  /** Rows of the plan that were left, since the key has another history by now. */
  readonly changed: number;
  readonly journal: string;
}
