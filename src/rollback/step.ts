import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { VersionId } from "../base/version-id.ts";
import type { HistoryRow } from "../store/object-version.ts";

/** A row of the history as a plan names it. `size` and `etag` are null for a marker. */
export interface RowRef {
  readonly versionId: VersionId;
  readonly kind: HistoryRow["kind"];
  readonly lastModified: Instant;
  readonly size: number | null;
  readonly etag: string | null;
}

/**
 * How it is known that what is brought back is right. `sha256`: its bytes hash to the name (or, for config, to the
 * recorded hash); `twin`: size and ETag are those of a version of the same key that was hashed; `sole`: the key never had
 * another data version; `none`: not at all.
 */
export const proofs = ["sha256", "twin", "sole", "none"] as const;
export type Proof = (typeof proofs)[number];

interface CommonStep {
  /** Counts from 1 in the order of the plan. */
  readonly n: number;
  readonly key: ObjectKey;
  /** What a read of the key answered with when the plan was made; a key that answers otherwise is not written. */
  readonly from: RowRef;
  readonly reason: string;
  readonly proof: Proof;
  /** The version with the id `null` that stands somewhere below, where it is not `to`; see `exposedVersion`. */
  readonly nullBelow?: RowRef | undefined;
}

/** Removes the delete markers that stand above `to`. */
export interface LiftMarkerStep extends CommonStep {
  readonly action: "liftMarker";
  readonly to: RowRef;
  readonly markers: readonly VersionId[];
}

/** Puts the bytes of `to` on top of its key again, because a data version (or a marker with the id null) stands above. */
export interface CopyVersionStep extends CommonStep {
  readonly action: "copyVersion";
  readonly to: RowRef;
  readonly markers: readonly [];
}

/** Puts a delete marker on a key that had nothing to show at T. */
interface HideStep extends CommonStep {
  readonly action: "hide";
  readonly to: null;
  readonly markers: readonly [];
}

/** What the rollback does to one key. None of them removes a data version. */
export type RollbackStep = LiftMarkerStep | CopyVersionStep | HideStep;

/** A step that has no place in the order yet. */
export type UnnumberedStep = Omit<LiftMarkerStep, "n"> | Omit<CopyVersionStep, "n"> | Omit<HideStep, "n">;

export const actions = ["liftMarker", "copyVersion", "hide"] as const satisfies readonly RollbackStep["action"][];

export function rowRef(row: HistoryRow): RowRef {
  const { versionId, kind, lastModified } = row;
  if (row.kind === "marker") return { versionId, kind, lastModified, size: null, etag: null };
  return { versionId, kind, lastModified, size: row.size, etag: row.etag };
}

/**
 * Whether `row` is what the plan named. The id alone does not tell: what has the id `null` is replaced in place, and
 * some stores let a client replace any version so.
 */
export function isRow(ref: RowRef, row: HistoryRow): boolean {
  if (row.kind !== ref.kind || row.versionId !== ref.versionId) return false;
  if (isNullVersion(row.versionId) && row.lastModified !== ref.lastModified) return false;
  return row.kind === "marker" || (row.size === ref.size && row.etag === ref.etag);
}

/**
 * The version of a step's key that a write would replace in place, should versioning be switched off at that very moment:
 * the one with the id `null`, current or below. Its bytes get an id of their own before anything is written above it;
 * where only markers are lifted nothing is written. Null where there is none, and where it is `to` of a copy, which has its
 * own bytes.
 */
export function exposedVersion(step: UnnumberedStep): RowRef | null {
  if (step.from.kind === "version" && isNullVersion(step.from.versionId)) return step.from;
  return step.nullBelow ?? null;
}

/** What a step on a key with these rows has to know of them for `exposedVersion`. */
export function nullBelow(
  rows: readonly HistoryRow[],
  { current, to }: { readonly current: HistoryRow; readonly to: HistoryRow | null },
): Pick<CommonStep, "nullBelow"> {
  const row = rows.find(({ kind, versionId }) => kind === "version" && isNullVersion(versionId));
  return row === undefined || row === current || row === to ? {} : { nullBelow: rowRef(row) };
}
