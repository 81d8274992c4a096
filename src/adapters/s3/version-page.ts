import { parseInstant } from "../../base/instant.ts";
import { objectKey } from "../../base/object-key.ts";
import { versionId } from "../../base/version-id.ts";
import type { HistoryRow } from "../../store/object-version.ts";

/** One reply to ListObjectVersions, in the order of the document. */
export interface VersionPage {
  readonly rows: readonly HistoryRow[];
  readonly isTruncated: boolean;
  /** Decoded; null where the page has none. */
  readonly nextKeyMarker: string | null;
  readonly nextVersionIdMarker: string | null;
}

/** What a page says that no page may say, in words for a message. */
export class DamagedPage extends Error {}

const rootName = "ListVersionsResult";
const token = /<(\/?)([A-Za-z][\w.:-]*)(?:\s[^>]*?)?(\/?)>|<\?[^>]*\?>|<!--[\s\S]*?-->/g;

interface Element {
  readonly name: string;
  readonly fields: Map<string, string>;
}

/**
 * Reads the XML of ListObjectVersions. The SDK gives versions and markers as two arrays and loses how they stood among
 * each other, which is all that orders a version and a marker of the same second; this keeps it. Throws DamagedPage for
 * XML that is cut, for another document, and for a row without its key, id, date or size.
 */
export function parseVersionPage(xml: string): VersionPage {
  const { rows, head } = elementsOf(xml);
  const isEncoded = head.get("EncodingType") === "url";
  const decoded = (text: string): string => (isEncoded ? decodeUrl(text) : text);
  const truncated = head.get("IsTruncated");
  if (truncated !== "true" && truncated !== "false") throw new DamagedPage("it does not say whether more follows");
  const parsed = rows.map((row) => rowOf(row, decoded));
  return {
    rows: parsed,
    isTruncated: truncated === "true",
    nextKeyMarker: nextKey(head.get("NextKeyMarker"), { decoded, last: parsed.at(-1)?.key }),
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

function rowOf({ name, fields }: Element, decoded: (text: string) => string): HistoryRow {
  const need = (field: string): string => {
    const text = fields.get(field);
    if (text === undefined || text === "") throw new DamagedPage(`a ${name} has no ${field}`);
    return text;
  };
  const lastModified = parseInstant(need("LastModified"));
  if (lastModified === null) throw new DamagedPage(`a ${name} has the date "${need("LastModified")}"`);
  const row = {
    key: objectKey(decoded(need("Key"))),
    versionId: versionId(need("VersionId")),
    lastModified,
    isLatest: need("IsLatest") === "true",
    owner: fields.get("ID") ?? null,
  };
  if (name === "DeleteMarker") return { kind: "marker", ...row };
  const size = Number(need("Size"));
  if (!Number.isSafeInteger(size) || size < 0) throw new DamagedPage(`a ${name} has the size "${need("Size")}"`);
  const etag = (fields.get("ETag") ?? "").replace(/^"|"$/g, "");
  const [storageClass, checksums] = [fields.get("StorageClass") ?? null, fields.get("ChecksumAlgorithm") ?? null];
  return { kind: "version", ...row, size, etag, storageClass, checksums };
}

interface Elements {
  /** `Version` and `DeleteMarker` elements as they stand. */
  readonly rows: readonly Element[];
  /** The texts that stand directly under the root. */
  readonly head: ReadonlyMap<string, string>;
}

function elementsOf(xml: string): Elements {
  const path: string[] = [];
  const rows: Element[] = [];
  const head = new Map<string, string>();
  let textFrom = 0;
  for (const match of xml.matchAll(token)) {
    const [all, closing, name, empty] = match;
    if (name === undefined) continue;
    if (closing === "") {
      if (path.length === 0) checkRoot(name, textFrom === 0);
      if (path.length === 1 && isRow(name)) rows.push({ name, fields: new Map() });
      if (empty === "") path.push(name);
      textFrom = match.index + all.length;
      continue;
    }
    if (path.pop() !== name) throw new DamagedPage(`its XML closes ${name} where it was not open`);
    const text = unescapeXml(xml.slice(textFrom, match.index));
    if (path.length === 1 && !isRow(name)) head.set(name, text);
    const isOwner = path.length === 3 && path[2] === "Owner";
    if ((path.length === 2 || isOwner) && isRow(path[1] ?? "")) rows.at(-1)?.fields.set(name, text);
    textFrom = match.index + all.length;
  }
  if (path.length > 0) throw new DamagedPage("its XML is cut off");
  if (textFrom === 0) throw new DamagedPage("it is no XML");
  return { rows, head };
}

function checkRoot(name: string, isFirst: boolean): void {
  if (!isFirst) throw new DamagedPage("more follows after its end");
  if (name !== rootName) throw new DamagedPage(`it is a ${name}, not a ${rootName}`);
}

function isRow(name: string): boolean {
  return name === "Version" || name === "DeleteMarker";
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? all;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (code > 0x10ffff) throw new DamagedPage(`it has the character ${all}`);
    return String.fromCodePoint(code);
  });
}

/** Stores encode as forms do: a plus is a space. What is no encoding stays as it is. */
export function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text;
  }
}
