import type { Clock } from "../base/clock.ts";
import type { Finding } from "../base/finding.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import type { LineFile, StateFolder, TextFile } from "../base/state-folder.ts";
import type { ListingOrder } from "../history/state-at.ts";
import type { DateResolution } from "../history/target-instant.ts";
import type { ReadableStore, Versioning } from "../store/versioned-store.ts";
import type { AcceptWord } from "./accept.ts";
import type { ProveWord } from "./decide.ts";
import type { UnrecoverableKey } from "./plan.ts";
import type { RollbackTotals } from "./plan-totals.ts";
import type { ProofEstimate } from "./prove-all.ts";
import type { RepositoryBelow } from "./repositories-below.ts";

/** `total` is null while it is not known: a listing does not say how long it is. */
export interface PlanProgress {
  readonly stage: "list" | "prove";
  readonly done: number;
  readonly total: number | null;
  /** Bytes read for proofs so far. */
  readonly bytes: number;
}

/** What a plan is made of, whether from the bucket or from evidence. */
export interface PlanSettings {
  /** The repository's name in the configuration; files are named after it. */
  readonly repository: string;
  readonly location: RepositoryLocation;
  /** T as the user typed it, see `parseTarget`. */
  readonly to: string;
  /** From the provider's profile; `millisecond` where it is not known. */
  readonly resolution: DateResolution;
  /** From the provider's profile; `split` where it is not known. */
  readonly order: ListingOrder;
  /** From the provider's profile: how its version ids carry the time; left out where they do not, or it is not known. */
  readonly idTime?: VersionIdTime | undefined;
  readonly state: StateFolder;
  readonly clock: Clock;
  /** The SHA-256 of `config` that init recorded, in hex; null where there is none. */
  readonly recordedConfigHash: string | null;
  /** From the provider's profile: whether a client can forge dates or replace a version in place. False where it is left out. */
  readonly historyForgeable?: boolean;
  /** Copies where markers would be lifted. False where it is left out. */
  readonly keepMarkers?: boolean;
  readonly onProgress?: (progress: PlanProgress) => void;
  readonly signal?: AbortSignal;
  /** Opens the file to write the plan to; left out, it goes into the state folder. Called when the plan is decided. */
  readonly out?: () => Promise<LineFile>;
}

export interface PlanRequest extends PlanSettings {
  readonly store: ReadableStore;
  /** Left out: `all` where the history can be forged, else `changed`. */
  readonly prove?: ProveWord;
  /** How many requests may be under way at once; 16 where it is left out. */
  readonly connections?: number;
  /** Called once, where what there is to read takes more than a minute. */
  readonly onEstimate?: (estimate: ProofEstimate) => void;
}

export interface EvidencePlanRequest extends PlanSettings {
  readonly evidence: TextFile;
}

/** What a plan came to; the numbers and paths that contract.md names, and a few more. */
export interface RollbackPlanResult extends RollbackTotals {
  /** The plan's path, and the short name by which `apply` finds it; null for a plan that went elsewhere. */
  readonly plan: string;
  readonly name: string | null;
  readonly evidence: string;
  /** The exact instant used, RFC 3339 in UTC. */
  readonly to: string;
  readonly versions: number;
  readonly keys: number;
  readonly prove: ProveWord;
  /** Whether it was made from saved evidence, without asking the store. */
  readonly fromEvidence: boolean;
  /** Bytes that were read to be hashed. */
  readonly hashedBytes: number;
  /** Repositories in folders below this one, which the plan does not touch. */
  readonly leftOut: readonly RepositoryBelow[];
  readonly versioning: Versioning;
  readonly lastHash: string;
  readonly accept: readonly AcceptWord[];
  /** The first 1000 of them; the plan names all. */
  readonly unrecoverableKeys: readonly UnrecoverableKey[];
  /** Those about the bucket, and the first 1000 about objects; the plan has all. */
  readonly found: readonly Finding[];
}
