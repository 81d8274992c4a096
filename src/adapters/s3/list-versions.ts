import { Failure } from "../../base/failure.ts";
import type { ObjectKey } from "../../base/object-key.ts";
import type { HistoryRow } from "../../store/object-version.ts";
import { DamagedPage, parseVersionPage, type VersionPage } from "./version-page.ts";

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
  readonly fetchPage: (request: PageRequest) => Promise<string>;
}

/**
 * Every version and marker under the prefix, page by page. Both markers are always sent on: with the key alone a store
 * skips the rest of that key's versions. Ends only on IsTruncated=false. Fails with `store-misbehaves`, naming the row,
 * on a row that does not move forward (Versity repeats rows), a truncated page without markers, and damaged XML.
 */
export async function* listVersionPages(listing: VersionListing): AsyncIterable<readonly HistoryRow[]> {
  const order = new ForwardOrder(listing);
  let request: PageRequest = { prefix: listing.prefix, keyMarker: markerBelow(listing.from), versionIdMarker: null };
  for (;;) {
    const page = pageOf(await listing.fetchPage(request), listing);
    const rows = listing.order === "interleaved" ? page.rows : broughtTogether(page.rows);
    for (const row of rows) order.take(row);
    const wanted = listing.from === "" ? rows : rows.filter(({ key }) => compareKeys(key, listing.from) >= 0);
    if (wanted.length > 0) yield wanted;
    if (!page.isTruncated) return;
    request = nextRequest(page, request, listing);
  }
}

function pageOf(xml: string, listing: VersionListing): VersionPage {
  try {
    return parseVersionPage(xml);
  } catch (error) {
    if (error instanceof DamagedPage) throw misbehaves(listing, `a page of the listing is damaged: ${error.message}`);
    throw error;
  }
}

function nextRequest(page: VersionPage, last: PageRequest, listing: VersionListing): PageRequest {
  const { nextKeyMarker, nextVersionIdMarker } = page;
  if (nextKeyMarker === null) throw misbehaves(listing, "a page says that more follows and not from where");
  if (nextKeyMarker === last.keyMarker && nextVersionIdMarker === last.versionIdMarker) {
    throw misbehaves(listing, `the listing stands still at "${nextKeyMarker}"`);
  }
  return { prefix: listing.prefix, keyMarker: nextKeyMarker, versionIdMarker: nextVersionIdMarker };
}

/** A stable sort by key: what stood above within a key stays above. */
function broughtTogether(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  return rows.toSorted((a, b) => compareKeys(a.key, b.key));
}

/** A KeyMarker that stands below `from`, close enough that few keys stand between: S3 lists what comes after it. */
function markerBelow(from: string): string | null {
  if (from === "") return null;
  const last = from.charCodeAt(from.length - 1);
  const start = from.slice(0, -1);
  const isPlain = last > 0x21 && last < 0x7f;
  return isPlain ? `${start}${String.fromCharCode(last - 1)}~~` : start === "" ? null : start;
}

class ForwardOrder {
  readonly #listing: VersionListing;
  #key: ObjectKey | null = null;
  #seen = new Set<string>();

  constructor(listing: VersionListing) {
    this.#listing = listing;
  }

  take({ key, versionId }: HistoryRow): void {
    const step = this.#key === null ? 1 : compareKeys(key, this.#key);
    if (!key.startsWith(this.#listing.prefix)) throw misbehaves(this.#listing, `the listing strays to "${key}"`);
    if (step < 0) throw misbehaves(this.#listing, `the listing goes back from "${this.#key ?? ""}" to "${key}"`);
    if (step > 0) {
      this.#key = key;
      this.#seen = new Set();
    }
    if (this.#seen.has(versionId))
      throw misbehaves(this.#listing, `the listing repeats version ${versionId} of "${key}"`);
    this.#seen.add(versionId);
  }
}

/** By UTF-8 bytes, as S3 sorts; most keys are ASCII, where the plain comparison is the same. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
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
