import type { HistoryRow } from "../../store/object-version.ts";
import { RowReader } from "./row-reader.ts";
import { isSpace, learnRow, matchRow, type RowPlace, type RowTemplate } from "./row-template.ts";
import { parseVersionPage, readVersionXml, versionPageOf, type VersionPage } from "./version-page.ts";

/*
 * The rows of a page stand in one layout, so they are read by the markup of the rows before, byte by byte. What is left
 * of the page, its head and its end, goes through the careful reader, and so does everything from the first row on that
 * is not plain. Both give the same rows, and the careful reader alone says what is damage.
 */

/** As `parseVersionPage`, from the bytes and many times faster. Its texts are their own: no row keeps the page in memory. */
export function scanVersionPage(page: Buffer): VersionPage {
  const first = firstRow(page);
  const head = page.toString("utf8", 0, Math.max(first, 0));
  const isEncoded = head.includes(encodingUrl) || page.subarray(-tail).includes(encodingUrl);
  // A comment above the rows could end inside one of them.
  const isPlain = first !== -1 && !head.includes("<!");
  const { rows, end } = isPlain ? scanRows(page, { first, isEncoded }) : nothing;
  if (rows.length === 0) return parseVersionPage(page.toString());
  const rest = readVersionXml(`${head}${placeholder}${page.toString("utf8", end)}`);
  // A placeholder that was not taken for a row stands in a comment or inside another element, and so did the rows.
  const isHeld = rest.rows[0]?.fields.size === 0;
  const isAsAssumed = (rest.head.get("EncodingType") === "url") === isEncoded;
  if (!isHeld || !isAsAssumed) return parseVersionPage(page.toString());
  return versionPageOf({ head: rest.head, rows: rest.rows.slice(1) }, rows);
}

/** Most stores say so above the rows, MinIO below them. Assumed where it stands there; it is looked at again with care. */
const encodingUrl = "<EncodingType>url</EncodingType>";
const tail = 1024;

/** Stands for the rows that were read in what is left of the page. */
const placeholder = "<Version/>";

interface ScannedRows {
  readonly rows: readonly HistoryRow[];
  /** Where the first row begins that was not read, or what follows the rows. */
  readonly end: number;
}

const nothing: ScannedRows = { rows: [], end: 0 };

/** -1 where there is none. */
function firstRow(page: Buffer): number {
  const version = page.indexOf("<Version>");
  const marker = (version === -1 ? page : page.subarray(0, version)).indexOf("<DeleteMarker>");
  return marker === -1 ? version : marker;
}

function scanRows(
  page: Buffer,
  { first, isEncoded }: { readonly first: number; readonly isEncoded: boolean },
): ScannedRows {
  const rows: HistoryRow[] = [];
  const layouts = new Layouts();
  const words = new DataView(page.buffer, page.byteOffset, page.length);
  const reader = new RowReader({ page, words, isEncoded });
  const limit = page.lastIndexOf("<");
  for (let from = first; ;) {
    const matched = layouts.match({ bytes: page, words, from, limit }, reader);
    const row = matched === null ? null : reader.read(matched.kind);
    if (matched === null || row === null) return { rows, end: from };
    rows.push(row);
    from = matched.end;
    while (isSpace(page[from] ?? 0)) from++;
  }
}

/** A page has few: rows differ where a checksum or an owner is left out. */
const mostLayouts = 8;

/** The layouts of the rows so far; those that are met often come to stand first. */
class Layouts {
  readonly #known: RowTemplate[] = [];

  match(place: RowPlace, { found }: RowReader): { readonly kind: RowTemplate["kind"]; readonly end: number } | null {
    let before: RowTemplate | null = null;
    for (const template of this.#known) {
      const end = matchRow(template, place, found);
      if (end !== -1) {
        if (before !== null) this.#exchange(before, template);
        return { kind: template.kind, end };
      }
      before = template;
    }
    const learned = this.#known.length === mostLayouts ? null : learnRow(place);
    if (learned === null) return null;
    this.#known.unshift(learned);
    return { kind: learned.kind, end: matchRow(learned, place, found) };
  }

  #exchange(first: RowTemplate, second: RowTemplate): void {
    const place = this.#known.indexOf(first);
    this.#known[place] = second;
    this.#known[place + 1] = first;
  }
}
