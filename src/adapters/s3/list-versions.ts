import { Failure } from "../../base/failure.ts";
import type { ObjectKey } from "../../base/object-key.ts";
import type { VersionId } from "../../base/version-id.ts";
import { compareKeys } from "../../history/key-history.ts";
import type { HistoryRow } from "../../store/object-version.ts";
import type { VersionPage } from "./version-page.ts";
import { scanVersionPage } from "./version-scanner.ts";
import { DamagedXml } from "./xml-elements.ts";

export interface PageRequest {
  readonly prefix: string;
  readonly keyMarker: string | null;
  readonly versionIdMarker: string | null;
}

interface VersionListing {
  readonly bucket: string;
  readonly prefix: string;
  /** Keys below it are left out; empty for none. */
  readonly from: string;
  /**
   * `interleaved`: rows are taken as they stand. Otherwise a page may list its markers apart from its versions, and its
   * rows are brought together by key; their order within a key is then for the dates to settle.
   */
  readonly order: "interleaved" | "split" | null;
  /** Fetches the XML of one page. */
  readonly fetchPage: (request: PageRequest) => Promise<Buffer>;
  /** Told when nothing needs a page of `fetchPage` any longer. */
  readonly release: (page: Buffer) => void;
}

/**
 * Every version and marker under the prefix, page by page. Both markers are sent on where the store gave both: with the
 * key alone a store skips the rest of that key's versions. Ends only on IsTruncated=false. A page is asked for when it is
 * wanted and no sooner, so whoever leaves early has sent no request in vain. Fails with `store-misbehaves`, naming the
 * row, on a row that does not move forward (Versity repeats rows), a truncated page without markers, one with the last
 * of its keys alone to go on from, and damaged XML.
 */
export async function* listVersionPages(listing: VersionListing): AsyncIterable<readonly HistoryRow[]> {
  const order = new ForwardOrder(listing);
  const { prefix, from } = listing;
  let request: PageRequest | null = { prefix, keyMarker: markerBelow(from, prefix), versionIdMarker: null };
  while (request !== null) {
    const page = pageOf(await listing.fetchPage(request), listing);
    request = page.isTruncated ? nextRequest(page, request, listing) : null;
    const rows = listing.order === "interleaved" ? page.rows : broughtTogether(page.rows);
    order.take(rows);
    const wanted = notBelow(from, rows);
    if (wanted.length > 0) yield wanted;
  }
}

function notBelow(from: string, rows: readonly HistoryRow[]): readonly HistoryRow[] {
  const [first] = rows;
  if (first === undefined || compareKeys(first.key, from) >= 0) return rows;
  return rows.filter(({ key }) => compareKeys(key, from) >= 0);
}

function pageOf(xml: Buffer, listing: VersionListing): VersionPage {
  try {
    return scanVersionPage(xml);
  } catch (error) {
    if (error instanceof DamagedXml) throw misbehaves(listing, `a page of the listing is damaged: ${error.message}`);
    throw error;
  } finally {
    listing.release(xml);
  }
}

function nextRequest(page: VersionPage, last: PageRequest, listing: VersionListing): PageRequest {
  const { nextKeyMarker, nextVersionIdMarker: id } = page;
  // AWS refuses an empty one.
  const nextVersionIdMarker = id === "" ? null : id;
  if (nextKeyMarker === null) throw misbehaves(listing, "a page says that more follows and not from where");
  if (nextKeyMarker === last.keyMarker && nextVersionIdMarker === last.versionIdMarker) {
    throw misbehaves(listing, `the listing stands still at "${nextKeyMarker}"`);
  }
  // A key alone skips what it has of further versions, if it has any: nothing says so, after a short page no more than
  // after a full one. Only a page of more rows than S3 has was let run on to where its last key ends.
  const mayBeCut = page.rows.length <= mostRows && page.rows.some(({ key }) => key === nextKeyMarker);
  if (nextVersionIdMarker === null && mayBeCut) {
    throw misbehaves(listing, `a page names the key "${nextKeyMarker}" to go on from, and no version of it`);
  }
  return { prefix: listing.prefix, keyMarker: nextKeyMarker, versionIdMarker: nextVersionIdMarker };
}

/** Rows of a full page: S3's own limit. */
const mostRows = 1000;

/** A stable sort by key: what stood above within a key stays above. */
function broughtTogether(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  return rows.toSorted((a, b) => compareKeys(a.key, b.key));
}

/**
 * A KeyMarker that stands below `from`, close enough that few keys stand between: S3 lists what comes after it. It begins
 * with the prefix, since MinIO answers with an empty listing to one that does not. Null where there is none, or none is
 * needed.
 */
export function markerBelow(from: string, prefix: string): string | null {
  if (!from.startsWith(prefix) || from === prefix) return null;
  const last = /.$/su.exec(from)?.[0] ?? "";
  const start = from.slice(0, -last.length);
  const below = predecessors[last];
  if (below !== undefined) return `${start}${below}~~`;
  return start === "" ? null : start;
}

/**
 * What stands before each letter and digit, and the other marks of a usual key; beside a slash or a backslash it is the
 * one before.
 */
const predecessors: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 0x7f - 0x22 }, (_, index) => 0x22 + index).map((code) => {
    const before = String.fromCharCode(code - 1);
    const isSeparator = before === "/" || before === "\\";
    return [String.fromCharCode(code), isSeparator ? String.fromCharCode(code - 2) : before];
  }),
);

/** Versions of a key among which one is looked for in turn. */
const mostFew = 8;

/** Holds a listing to its order: keys under the prefix, ascending by their UTF-8 bytes, no version of a key twice. */
class ForwardOrder {
  readonly #listing: VersionListing;
  #key: ObjectKey | null = null;
  /** The versions of that key; a set is made where they are many. */
  #few: VersionId[] = [];
  #many: Set<VersionId> | null = null;

  constructor(listing: VersionListing) {
    this.#listing = listing;
  }

  take(rows: readonly HistoryRow[]): void {
    for (const { key, versionId } of rows) {
      if (key === this.#key) this.#addTo(key, versionId);
      else this.#begin(key, versionId);
    }
  }

  #begin(key: ObjectKey, versionId: VersionId): void {
    const { prefix } = this.#listing;
    if (!key.startsWith(prefix)) throw misbehaves(this.#listing, `the listing strays to "${key}"`);
    if (this.#key !== null && compareKeys(key, this.#key) < 0) {
      throw misbehaves(this.#listing, `the listing goes back from "${this.#key}" to "${key}"`);
    }
    this.#key = key;
    this.#few = [versionId];
    this.#many = null;
  }

  #addTo(key: ObjectKey, versionId: VersionId): void {
    if (this.#many?.has(versionId) ?? this.#few.includes(versionId)) {
      throw misbehaves(this.#listing, `the listing repeats version ${versionId} of "${key}"`);
    }
    if (this.#few.length < mostFew) this.#few.push(versionId);
    else (this.#many ??= new Set(this.#few)).add(versionId);
  }
}

function misbehaves({ bucket, prefix }: VersionListing, problem: string): Failure {
  return new Failure({
    kind: "store-misbehaves",
    action: "read the versions of",
    subject: `${bucket}/${prefix}`.replace(/\/$/, ""),
    problem,
    hint: "nothing can be decided on a listing with a hole; run it again, and if it stays so report it with the store's name and release",
  });
}
