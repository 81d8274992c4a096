import { parseInstant } from "../../base/instant.ts";
import { objectKey } from "../../base/object-key.ts";
import { versionId } from "../../base/version-id.ts";
import type { HistoryRow } from "../../store/object-version.ts";
import { DamagedXml, readXml, type XmlElements, type XmlRow } from "./xml-elements.ts";

/** One reply to ListObjectVersions, in the order of the document. */
export interface VersionPage {
  readonly rows: readonly HistoryRow[];
  readonly isTruncated: boolean;
  /** Decoded; null where the page has none. */
  readonly nextKeyMarker: string | null;
  readonly nextVersionIdMarker: string | null;
}

const shape = { root: "ListVersionsResult", rows: new Set(["Version", "DeleteMarker"]), inner: "Owner" };

/**
 * Reads the XML of ListObjectVersions. The SDK gives versions and markers as two arrays and loses how they stood among
 * each other, which is all that orders a version and a marker of the same second; this keeps it. Throws DamagedXml for
 * XML that is cut, for another document, and for a row without its key, id, date or size.
 */
export function parseVersionPage(xml: string): VersionPage {
  return versionPageOf(readVersionXml(xml));
}

export function readVersionXml(xml: string): XmlElements {
  return readXml(xml, shape);
}

/** `before` are rows that were read already and stand above those of `elements`. */
export function versionPageOf({ rows, head }: XmlElements, before: readonly HistoryRow[] = []): VersionPage {
  const isEncoded = head.get("EncodingType") === "url";
  const decoded = (text: string): string => (isEncoded ? decodeUrl(text) : text);
  const truncated = head.get("IsTruncated");
  if (truncated !== "true" && truncated !== "false") throw new DamagedXml("it does not say whether more follows");
  const all = [...before, ...rows.map((row) => rowOf(row, decoded))];
  return {
    rows: all,
    isTruncated: truncated === "true",
    nextKeyMarker: nextKey(head.get("NextKeyMarker"), { decoded, last: all.at(-1)?.key }),
    nextVersionIdMarker: head.get("NextVersionIdMarker") ?? null,
  };
}

interface MarkerContext {
  readonly decoded: (text: string) => string;
  readonly last: string | undefined;
}

/** Older Ceph encodes the keys and leaves NextKeyMarker as it is: where the plain text is the last row's key, it is that. */
function nextKey(marker: string | undefined, { decoded, last }: MarkerContext): string | null {
  if (marker === undefined || marker === "") return null;
  return marker === last ? marker : decoded(marker);
}

function rowOf({ name, fields }: XmlRow, decoded: (text: string) => string): HistoryRow {
  const need = (field: string): string => {
    const text = fields.get(field);
    if (text === undefined || text === "") throw new DamagedXml(`a ${name} has no ${field}`);
    return text;
  };
  const lastModified = parseInstant(need("LastModified"));
  if (lastModified === null) throw new DamagedXml(`a ${name} has the date "${need("LastModified")}"`);
  const row = {
    key: objectKey(decoded(need("Key"))),
    versionId: versionId(need("VersionId")),
    lastModified,
    isLatest: need("IsLatest") === "true",
    owner: fields.get("ID") ?? null,
  };
  if (name === "DeleteMarker") return { kind: "marker", ...row };
  const size = /^\d+$/.test(need("Size")) ? Number(need("Size")) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new DamagedXml(`a ${name} has the size "${need("Size")}"`);
  const etag = withoutQuotes(fields.get("ETag") ?? "");
  const [storageClass, checksums] = [fields.get("StorageClass") ?? null, fields.get("ChecksumAlgorithm") ?? null];
  return { kind: "version", ...row, size, etag, storageClass, checksums };
}

/** An ETag as the rows hold it. */
export function withoutQuotes(text: string): string {
  return text.replace(/^"|"$/g, "");
}

/** Stores encode as forms do: a plus is a space. What is no encoding stays as it is. */
export function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text;
  }
}
