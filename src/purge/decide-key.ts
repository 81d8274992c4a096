import { endOfSecond } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { dateOf, newestFirst } from "../history/state-at.ts";
import type { ListingOrder } from "../history/state-at.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import type { SeenRows } from "./seen-rows.ts";

/**
 * Whose dates count. `whole`: of all but versions that came in parts, which some stores date by the beginning of the upload,
 * so that whoever began one long ago can lay garbage on a key under an old date. `none`: a client can forge them.
 */
export type DateTrust = "all" | "whole" | "none";

/** By what every key of a listing is judged. */
export interface PurgeRules {
  readonly prefix: string;
  /** Where the recovery window begins. */
  readonly cutoff: Instant;
  readonly order: ListingOrder;
  readonly idTime: VersionIdTime;
  readonly dates: DateTrust;
}

/** `order`: rows and dates, or the earlier listing, disagree; `overwritten`: versions of one name have other contents. */
export type LeftBecause = "order" | "overwritten";

export interface KeyDecision {
  /** The rows as they were judged, the newest first. */
  readonly rows: readonly HistoryRow[];
  /**
   * What no instant of the window needs, in groups: one goes only when all of the group before it is gone. A marker goes
   * last, for what it hides would come to light otherwise.
   */
  readonly going: readonly (readonly HistoryRow[])[];
  /** Why nothing of the key goes though something is old enough; null where nothing speaks against it. */
  readonly left: LeftBecause | null;
  /** Rows that are old by their dates, and have not been seen superseded for as long as the window. */
  readonly waiting: number;
}

/**
 * What of one key no instant from the cutoff on needs; `seen` is what an earlier listing, from before the window, says of it.
 * A version is needed up to the date of the row above it, or up to the day on which it was first seen superseded, whichever is
 * later: so the row that was current at the cutoff stays, and all above it. A row with the id `null` stays, and so does the
 * marker above it.
 *
 * The key is left as it is where the order of its rows is in doubt (see `stateAt`), where a row that an earlier listing
 * shows as current is below another now that cannot be told to be old, and where versions of an object that restic never
 * rewrites differ, unless all that stays is the same as what was written first.
 */
export function decideKey({ key, rows }: KeyHistory, seen: SeenRows | null, rules: PurgeRules): KeyDecision {
  const sequence = newestFirst(rows, rules.order, rules.idTime);
  const byDate = sequence.findIndex((row) => isDatedOld(row, rules));
  const nothing = { rows: sequence, going: [], left: null, waiting: 0 };
  if (byDate === -1) return nothing;
  const anchor = sequence.findIndex((row) => isOld(row, seen, rules));
  const [stays, below] = anchor === -1 ? [sequence, []] : [sequence.slice(0, anchor + 1), sequence.slice(anchor + 1)];
  const passing = below.filter(({ versionId }) => !isNullVersion(versionId));
  const deadMarkers = anchor !== -1 && passing.length === below.length ? deadMarkerOf(stays.at(-1)) : [];
  const old = sequence.slice(byDate + 1).filter(({ versionId }) => !isNullVersion(versionId)).length;
  if (passing.length + deadMarkers.length === 0) return { ...nothing, waiting: old };
  const path = key.slice(rules.prefix.length);
  const left = leftBecause({ sequence, stays, below, rows, seen, rules, path });
  if (left !== null) return { ...nothing, left };
  const going = [...firstWrittenLast(passing), deadMarkers].filter((group) => group.length > 0);
  return { ...nothing, going, waiting: Math.max(0, old - passing.length) };
}

/** As long as anything that was laid over the first version stands, that one stays to tell it by. */
function firstWrittenLast(rows: readonly HistoryRow[]): readonly (readonly HistoryRow[])[] {
  const first = rows.findLast((row) => row.kind === "version");
  if (first === undefined) return [rows];
  const isFirst = (row: HistoryRow): boolean => row.kind === "version" && isTwin(row, first);
  const others = rows.filter((row) => row.kind === "version" && !isFirst(row));
  return others.length === 0 ? [rows] : [others, rows.filter((row) => !others.includes(row))];
}

function deadMarkerOf(row: HistoryRow | undefined): readonly HistoryRow[] {
  return row?.kind === "marker" && !isNullVersion(row.versionId) ? [row] : [];
}

/** A store may cut its dates down to seconds: what was written within one counts from its end. */
function isDatedOld(row: HistoryRow, { cutoff, idTime }: PurgeRules): boolean {
  return endOfSecond(dateOf(row, idTime)) <= cutoff;
}

/** Whether the row was written before the window, as far as anything but the writer's own word says so. */
function isOld(row: HistoryRow, seen: SeenRows | null, rules: PurgeRules): boolean {
  if (!isDatedOld(row, rules)) return false;
  if (seen?.has(row) === true) return true;
  if (!isDateTrusted(row, rules.dates)) return false;
  // Dated before a listing that did not hold it: it came later than it says.
  return seen === null || dateOf(row, rules.idTime) > seen.begunAt;
}

function isDateTrusted(row: HistoryRow, dates: DateTrust): boolean {
  return dates === "all" || (dates === "whole" && (row.kind === "marker" || !cameInParts(row)));
}

/** S3 gives what came in parts an ETag with their number behind a dash. */
function cameInParts({ etag }: ObjectVersion): boolean {
  return /-\d+$/.test(etag);
}

interface Doubt {
  readonly sequence: readonly HistoryRow[];
  readonly stays: readonly HistoryRow[];
  readonly below: readonly HistoryRow[];
  /** As they were listed. */
  readonly rows: readonly HistoryRow[];
  readonly seen: SeenRows | null;
  readonly rules: PurgeRules;
  readonly path: string;
}

function leftBecause(doubt: Doubt): LeftBecause | null {
  const { below, seen, rules } = doubt;
  if (!isOrderSure(doubt) || below.some((row) => !isOld(row, seen, rules)) || isMisplaced(doubt)) return "order";
  return isOverwritten(doubt) ? "overwritten" : null;
}

/**
 * Whether what was current in the earlier listing was superseded, before the window, by nothing but rows of that same
 * listing: then one of them was replaced in place.
 */
function isMisplaced({ sequence, stays, below, seen }: Doubt): boolean {
  const once = below.find((row) => seen?.wasCurrent(row) === true);
  if (once === undefined) return false;
  return sequence.slice(stays.length - 1, sequence.indexOf(once)).every((row) => seen?.has(row) === true);
}

function isOrderSure({ sequence, rows, rules: { order, idTime } }: Doubt): boolean {
  if (sequence[0]?.isLatest !== true || rows.filter(({ isLatest }) => isLatest).length !== 1) return false;
  const isOneKind = rows.every(({ kind }) => kind === rows[0]?.kind);
  const isListed = rows[0]?.isLatest === true && (order === "interleaved" || isOneKind);
  return sequence.every((row, index) => {
    const above = sequence[index - 1];
    if (above === undefined) return true;
    const step = dateOf(above, idTime) - dateOf(row, idTime);
    return isListed ? step >= 0 : step > 0;
  });
}

/** What stays may be trusted where it is what was written first: that was so before anybody could lay something on it. */
function isOverwritten({ sequence, stays, rules, path }: Doubt): boolean {
  if (repositoryObject(path).kind === "canary") return false;
  const versions = sequence.filter((row) => row.kind === "version");
  const first = versions.at(-1);
  if (first === undefined || versions.every((version) => isTwin(version, first))) return false;
  const staying = stays.filter((row) => row.kind === "version");
  return rules.dates === "none" || staying.length === 0 || !staying.every((version) => isTwin(version, first));
}

function isTwin(version: ObjectVersion, other: ObjectVersion): boolean {
  return version.size === other.size && version.etag === other.etag;
}
