import type { Instant } from "../base/instant.ts";
import { instantOfVersionId } from "../base/version-id-time.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";

/** Whether the store lists versions and markers in one order, or markers apart from versions (Versity, RustFS). */
export type ListingOrder = "interleaved" | "split";

/** What a key held at an instant, as far as its history can tell. */
export type StateOfKey =
  | { readonly kind: "present"; readonly version: ObjectVersion }
  | { readonly kind: "absent"; readonly because: "not yet written" | "deleted" }
  | {
      readonly kind: "ambiguous";
      /** The likeliest first; at least one is a data version. */
      readonly candidates: readonly HistoryRow[];
      /** Whether the key may also not have been written yet. */
      readonly orNotYetWritten: boolean;
    };

/**
 * The state of one key at `at`, inclusive.
 *
 * `rows` stand as the store listed them, newest first: a store answers reads by that order, not by date (Ceph lists
 * concurrent writers of a key up to 5 ms against their dates, and serves the first row). The order is not believed
 * where the row that is latest does not stand first (some stores list oldest first), nor between versions and markers
 * where the listing is `split`; dates stand in for it there, and rows of one date are rivals.
 *
 * Order and dates disagree about `at` where a row dated after it stands below one dated before it: either the upper
 * one is back-dated (a multipart upload begun before and completed after), or the lower one is dated wrongly. Both
 * cases come back as `ambiguous`; choosing is for whoever can prove.
 *
 * Where the store writes the time into its version ids, `idTime` says how; then the ids date the rows, see `dateOf`.
 */
export function stateAt(
  rows: readonly HistoryRow[],
  at: Instant,
  order: ListingOrder = "interleaved",
  idTime: VersionIdTime = "none",
): StateOfKey {
  const sequence = newestFirst(rows, order, idTime);
  const position = sequence.findIndex((row) => dateOf(row, idTime) <= at);
  const newest = sequence[position];
  if (newest === undefined) return { kind: "absent", because: "not yet written" };
  const misdated = sequence.findLastIndex((row) => dateOf(row, idTime) > at);
  const disagrees = misdated > position;
  if (!disagrees && isOrderKnown(rows, order)) return settled([newest], false);
  const below = disagrees ? sequence.slice(misdated + 1, misdated + 2) : [];
  const rivals = isOrderKnown(rows, order) ? [] : rivalsOf(newest, rows, idTime);
  const candidates = [...new Set([newest, ...rivals, ...below])];
  const orNotYetWritten = disagrees && below.length === 0;
  return settled(candidates, orNotYetWritten);
}

/** `rows` with the newest first, as far as the store's order, or else the dates, can tell. */
export function newestFirst(
  rows: readonly HistoryRow[],
  order: ListingOrder,
  idTime: VersionIdTime = "none",
): readonly HistoryRow[] {
  if (isOrderKnown(rows, order)) return rows;
  const rank = (row: HistoryRow): number => (row.isLatest ? 0 : 1);
  const markersFirst = (row: HistoryRow): number => (row.kind === "marker" ? 0 : 1);
  return rows.toSorted((a, b) => rank(a) - rank(b) || compareDates(b, a, idTime) || markersFirst(a) - markersFirst(b));
}

/**
 * When a row was written. By the word of its id where `idTime` says how to read it: Versity dates a version by the end of
 * its time and a marker by the version below, SeaweedFS and Swift round to seconds. B2's ids are coarser than its dates.
 */
export function dateOf(row: HistoryRow, idTime: VersionIdTime): Instant {
  if (idTime === "none" || idTime === "b2") return row.lastModified;
  return instantOfVersionId(row.versionId, idTime) ?? row.lastModified;
}

/** 0 where neither dates nor ids tell. */
function compareDates(a: HistoryRow, b: HistoryRow, idTime: VersionIdTime): number {
  const byDate = dateOf(a, idTime) - dateOf(b, idTime);
  if (byDate !== 0 || idTime === "none") return byDate;
  const [ofA, ofB] = [instantOfVersionId(a.versionId, idTime), instantOfVersionId(b.versionId, idTime)];
  return ofA === null || ofB === null ? 0 : ofA - ofB;
}

/** What a read of the key answers with now: the row the store calls latest, else the one listed first. */
export function currentRow(rows: readonly HistoryRow[]): HistoryRow | null {
  return rows.find((row) => row.isLatest) ?? rows[0] ?? null;
}

function settled(candidates: readonly HistoryRow[], orNotYetWritten: boolean): StateOfKey {
  const [newest] = candidates;
  if (newest?.kind === "version" && candidates.length === 1 && !orNotYetWritten) {
    return { kind: "present", version: newest };
  }
  // Markers among themselves, or a marker against nothing at all: absent either way.
  if (candidates.every((row) => row.kind === "marker")) return { kind: "absent", because: "deleted" };
  return { kind: "ambiguous", candidates, orNotYetWritten };
}

function isOrderKnown(rows: readonly HistoryRow[], order: ListingOrder): boolean {
  if (!isLatestFirst(rows)) return false;
  return order === "interleaved" || rows.every((row) => row.kind === rows[0]?.kind);
}

function isLatestFirst(rows: readonly HistoryRow[]): boolean {
  return rows[0]?.isLatest === true || !rows.some((row) => row.isLatest);
}

/** Rows of the same date of which the order does not tell whether they are newer. */
function rivalsOf(newest: HistoryRow, rows: readonly HistoryRow[], idTime: VersionIdTime): readonly HistoryRow[] {
  if (newest.isLatest) return [];
  const sameDate = rows.filter((row) => compareDates(row, newest, idTime) === 0);
  if (!isLatestFirst(rows)) return sameDate;
  // A split listing still keeps the order within each kind, so only the first of each can be the newest.
  return sameDate.filter((row) => row === sameDate.find((other) => other.kind === row.kind));
}
