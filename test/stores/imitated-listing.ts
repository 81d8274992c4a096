import type { Instant } from "../../src/base/instant.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { escapeXml, urlEncoded } from "./s3-wire.ts";

/** How stores differ in what they list; what is left out is as AWS documents it, with dates in milliseconds. */
export interface ListingHabits {
  /**
   * `split`: the versions of a page, then its markers (Versity, RustFS). `oldest first`: within a key (Hitachi).
   * `unsorted`: keys in no order (older Storj).
   */
  readonly order?: "split" | "oldest first" | "unsorted";
  /** The version `null` stands below all others of its key, whatever its date (SeaweedFS). */
  readonly nullLast?: boolean;
  /** AWS cuts dates to the second, Swift rounds them up. */
  readonly dates?: "whole seconds" | "seconds rounded up";
  /** Rows a page at most, whatever is asked for. */
  readonly mostRows?: number;
  /** `short`: fewer rows than asked for, a different number each time. `of one kind`: markers never share a page with versions. */
  readonly pages?: "short" | "of one kind";
  /** Each page but the first begins with the row that the page before ended with (Versity). */
  readonly repeats?: boolean;
  /** `with a suffix`: an opaque one on the key (MinIO). `key alone`: NextVersionIdMarker is missing, and pages end where keys end. */
  readonly next?: "with a suffix" | "key alone" | "missing" | "stands still";
  /** `next key plain`: keys are encoded and NextKeyMarker is not (older Ceph, Swift). `ignored`: encoding-type is (SeaweedFS). */
  readonly encoding?: "next key plain" | "ignored";
}

interface Listing {
  /** All rows under the prefix, keys ascending, newest first. */
  readonly rows: readonly HistoryRow[];
  readonly query: URLSearchParams;
  readonly habits: ListingHabits;
}

/** The XML of one page of ListObjectVersions; null where the version id marker names no version of its key. */
export function versionPage({ rows, query, habits }: Listing): string | null {
  const sequence = inOrder(rows, habits);
  const start = startOf(sequence, query, habits);
  if (start === null) return null;
  const end = endOf(sequence, start, { query, habits });
  const isTruncated = end < sequence.length;
  const isEncoded = query.get("encoding-type") === "url" && habits.encoding !== "ignored";
  const shown = (text: string): string => (isEncoded ? urlEncoded(text) : escapeXml(text));
  const page = habits.order === "split" ? apart(sequence.slice(start, end)) : sequence.slice(start, end);
  const last = sequence[end - 1];
  return [
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
    `<Prefix>${shown(query.get("prefix") ?? "")}</Prefix><KeyMarker>${shown(query.get("key-marker") ?? "")}</KeyMarker>`,
    `<MaxKeys>${query.get("max-keys") ?? "1000"}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>`,
    isEncoded ? "<EncodingType>url</EncodingType>" : "",
    isTruncated && last !== undefined ? nextMarkers(last, { query, habits, shown }) : "",
    ...page.map((row) => rowXml(row, shown, habits)),
    "</ListVersionsResult>",
  ].join("");
}

function inOrder(rows: readonly HistoryRow[], habits: ListingHabits): readonly HistoryRow[] {
  const keys = [...Map.groupBy(rows, (row) => row.key).values()].map((ofKey) => keyInOrder(ofKey, habits));
  if (habits.order !== "unsorted") return keys.flat();
  return [...keys.filter((_, n) => n % 2 === 1), ...keys.filter((_, n) => n % 2 === 0)].flat();
}

function keyInOrder(rows: readonly HistoryRow[], habits: ListingHabits): readonly HistoryRow[] {
  const isNull = (row: HistoryRow): boolean => row.versionId === "null";
  const served = habits.nullLast === true ? [...rows.filter((row) => !isNull(row)), ...rows.filter(isNull)] : rows;
  return habits.order === "oldest first" ? served.toReversed() : served;
}

const suffix = "[store_cache:v2,return:]";

/** The index of the first row after the markers of a request. */
function startOf(sequence: readonly HistoryRow[], query: URLSearchParams, habits: ListingHabits): number | null {
  const marker = query.get("key-marker") ?? "";
  const key = habits.next === "with a suffix" && marker.endsWith(suffix) ? marker.slice(0, -suffix.length) : marker;
  if (key === "") return 0;
  const id = query.get("version-id-marker") ?? "";
  const step = habits.repeats === true ? 0 : 1;
  if (id !== "") {
    const index = sequence.findIndex((row) => row.key === key && row.versionId === id);
    return index === -1 ? null : index + step;
  }
  if (habits.order === "unsorted") return sequence.findLastIndex((row) => row.key === key) + step;
  const after = sequence.findIndex((row) => Buffer.compare(Buffer.from(row.key), Buffer.from(key)) > 0);
  return after === -1 ? sequence.length : after;
}

interface PageContext {
  readonly query: URLSearchParams;
  readonly habits: ListingHabits;
}

function endOf(sequence: readonly HistoryRow[], start: number, { query, habits }: PageContext): number {
  const asked = Math.min(Number(query.get("max-keys") ?? 1000), 1000, habits.mostRows ?? 1000);
  const size = habits.pages === "short" ? 1 + ((start * 5 + 2) % Math.min(asked, 7)) : asked;
  const full = Math.min(start + size, sequence.length);
  if (habits.pages === "of one kind") {
    const other = sequence.findIndex((row, index) => index > start && row.kind !== sequence[start]?.kind);
    return other === -1 ? full : Math.min(other, full);
  }
  if (habits.next !== "key alone") return full;
  const nextKey = sequence.findIndex((row, index) => index >= full && row.key !== sequence[full - 1]?.key);
  return nextKey === -1 ? sequence.length : nextKey;
}

function apart(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  return [...rows.filter((row) => row.kind === "version"), ...rows.filter((row) => row.kind === "marker")];
}

interface MarkerContext extends PageContext {
  readonly shown: (text: string) => string;
}

function nextMarkers({ key, versionId }: HistoryRow, { query, habits, shown }: MarkerContext): string {
  const [lastKey, lastId] = [query.get("key-marker"), query.get("version-id-marker")];
  const isStill = habits.next === "stands still" && lastKey !== null && lastId !== null;
  const nextKey = isStill ? lastKey : habits.next === "with a suffix" ? `${key}${suffix}` : key;
  const told = habits.encoding === "next key plain" ? escapeXml(nextKey) : shown(nextKey);
  if (habits.next === "missing") return "";
  const ofKey = `<NextKeyMarker>${told}</NextKeyMarker>`;
  if (habits.next === "key alone") return ofKey;
  return `${ofKey}<NextVersionIdMarker>${escapeXml(isStill ? lastId : versionId)}</NextVersionIdMarker>`;
}

function rowXml(row: HistoryRow, shown: (text: string) => string, habits: ListingHabits): string {
  const { key, versionId, lastModified, isLatest, owner } = row;
  const start = `<Key>${shown(key)}</Key><VersionId>${escapeXml(versionId)}</VersionId><IsLatest>${isLatest}</IsLatest><LastModified>${dateText(lastModified, habits)}</LastModified>`;
  const by = owner === null ? "" : `<Owner><ID>${escapeXml(owner)}</ID><DisplayName>Owner</DisplayName></Owner>`;
  if (row.kind === "marker") return `<DeleteMarker>${start}${by}</DeleteMarker>`;
  const checksums = row.checksums === null ? "" : `<ChecksumAlgorithm>${row.checksums}</ChecksumAlgorithm>`;
  const storageClass = row.storageClass === null ? "" : `<StorageClass>${escapeXml(row.storageClass)}</StorageClass>`;
  return `<Version>${start}<ETag>&quot;${escapeXml(row.etag)}&quot;</ETag>${checksums}<Size>${row.size}</Size>${storageClass}${by}</Version>`;
}

/** As a listing shows it. */
function dateText(at: Instant, { dates }: ListingHabits): string {
  const second = dates === "seconds rounded up" ? Math.ceil(at / 1000) : Math.floor(at / 1000);
  return new Date(dates === undefined ? at : second * 1000).toISOString();
}

interface PlainListing {
  /** The latest versions under the prefix, keys ascending. */
  readonly rows: readonly HistoryRow[];
  readonly query: URLSearchParams;
  readonly habits: ListingHabits;
}

/** The XML of one page of ListObjectsV2, with common prefixes where a delimiter is asked for. */
export function currentPage({ rows, query, habits }: PlainListing): string {
  const prefix = query.get("prefix") ?? "";
  const after = tokenText(query) ?? query.get("start-after") ?? "";
  const entries = [...entriesOf(rows, prefix, query.get("delimiter") ?? "")];
  const from = entries.filter(([name]) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0);
  const page = from.slice(0, Math.min(Number(query.get("max-keys") ?? 1000), habits.mostRows ?? 1000));
  const isTruncated = page.length < from.length;
  const isEncoded = query.get("encoding-type") === "url" && habits.encoding !== "ignored";
  const shown = (text: string): string => (isEncoded ? urlEncoded(text) : escapeXml(text));
  const next = Buffer.from(page.at(-1)?.[0] ?? "").toString("base64url");
  return [
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
    `<Prefix>${shown(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>`,
    isEncoded ? "<EncodingType>url</EncodingType>" : "",
    isTruncated ? `<NextContinuationToken>${next}</NextContinuationToken>` : "",
    ...page.map(([name, row]) => entryXml(shown(name), row, habits)),
    "</ListBucketResult>",
  ].join("");
}

function tokenText(query: URLSearchParams): string | null {
  const token = query.get("continuation-token");
  return token === null ? null : Buffer.from(token, "base64url").toString();
}

/** Each key with its row, or what stands before the delimiter with null. */
function entriesOf(rows: readonly HistoryRow[], prefix: string, delimiter: string): Map<string, HistoryRow | null> {
  const entries = new Map<string, HistoryRow | null>();
  for (const row of rows) {
    const end = delimiter === "" ? -1 : row.key.indexOf(delimiter, prefix.length);
    if (end === -1) entries.set(row.key, row);
    else entries.set(row.key.slice(0, end + delimiter.length), null);
  }
  return entries;
}

function entryXml(name: string, row: HistoryRow | null, habits: ListingHabits): string {
  if (row?.kind !== "version") return `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`;
  return `<Contents><Key>${name}</Key><LastModified>${dateText(row.lastModified, habits)}</LastModified><ETag>&quot;${escapeXml(row.etag)}&quot;</ETag><Size>${row.size}</Size><StorageClass>${row.storageClass ?? "STANDARD"}</StorageClass></Contents>`;
}
