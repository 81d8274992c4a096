/** The texts of a row that are kept, by the names of their elements; every other is passed over. */
export const field = {
  Key: 0,
  VersionId: 1,
  IsLatest: 2,
  LastModified: 3,
  ETag: 4,
  Size: 5,
  StorageClass: 6,
  ChecksumAlgorithm: 7,
  ID: 8,
} as const;

const fieldCount = Object.keys(field).length;
const indexOfField: ReadonlyMap<string, number> = new Map(Object.entries(field));

/** What a value holds beside plain ASCII, as bits: a `&`, a `%` or a `+`, bytes that only UTF-8 can read. */
export const mark = { escaped: 1, encoded: 2, wide: 4 } as const;

const lessThan = 0x3c;
const slash = 0x2f;
const greaterThan = 0x3e;

/** Where the values of one row stand in the page, by their field; `start` is -1 for a field that the row does not have. */
export class FoundRow {
  readonly start = new Int32Array(fieldCount);
  readonly end = new Int32Array(fieldCount);
  readonly marks = new Int32Array(fieldCount);
}

/** A row of a page. `limit` is where the last `<` of the page stands: no value ends after it. */
export interface RowPlace {
  readonly bytes: Uint8Array;
  readonly words: DataView;
  readonly from: number;
  readonly limit: number;
}

/**
 * The markup of one row, learned from that row: a store writes the rows of a page in one layout, so that the next can be
 * compared with it byte by byte instead of being taken apart.
 */
export interface RowTemplate {
  readonly kind: "version" | "marker";
  /** The markup before, between and after the values, end to end. */
  readonly markup: Uint8Array;
  readonly words: DataView;
  /** Where in it each piece ends: one more than there are values. */
  readonly ends: readonly number[];
  /** The index of each value's field; -1 for one that is passed over. */
  readonly fields: readonly number[];
  /** Where each value stood in the row before, in the same page; length 0 for one that was not plain. */
  readonly before: { readonly start: Int32Array; readonly length: Int32Array };
}

/**
 * Finds the values of a row that begins at `from`. Gives where the row ends, or -1 where it is not of this layout: then
 * `found` means nothing.
 */
export function matchRow(template: RowTemplate, page: RowPlace, found: FoundRow): number {
  const { bytes, limit } = page;
  const { markup, ends, fields } = template;
  const { start, end, marks } = found;
  start.fill(-1);
  let at = page.from;
  let piece = 0;
  for (let part = 0; part < ends.length; part++) {
    const pieceEnd = ends[part] ?? 0;
    if (at + pieceEnd - piece > bytes.length) return -1;
    for (; piece + 4 <= pieceEnd; piece += 4, at += 4) {
      if (page.words.getInt32(at) !== template.words.getInt32(piece)) return -1;
    }
    for (; piece < pieceEnd; piece++, at++) if (bytes[at] !== markup[piece]) return -1;
    if (part === fields.length) break;
    if (at > limit) return -1;
    const first = at;
    let seen = 0;
    at = pastWhatRepeats(template, part, page, at);
    for (let byte = bytes[at] ?? lessThan; byte !== lessThan; byte = bytes[++at] ?? lessThan) {
      if (byte === 0x26) seen |= mark.escaped;
      else if (byte === 0x25 || byte === 0x2b) seen |= mark.encoded;
      else if (byte >= 0x80) seen |= mark.wide;
    }
    template.before.start[part] = first;
    template.before.length[part] = seen === 0 ? at - first : 0;
    const index = fields[part] ?? -1;
    if (index >= 0) {
      start[index] = first;
      end[index] = at;
      marks[index] = seen;
    }
  }
  return at;
}

/** Past the words with which a value begins as it did in the row before: they were looked at there, and were plain. */
function pastWhatRepeats({ before }: RowTemplate, part: number, { words, limit }: RowPlace, from: number): number {
  const start = before.start[part] ?? 0;
  const length = before.length[part] ?? 0;
  const most = from + length <= limit ? length : 0;
  let same = 0;
  while (same + 4 <= most && words.getInt32(from + same) === words.getInt32(start + same)) same += 4;
  return from + same;
}

/**
 * Learns the layout of the row at `from`. Null where it is not of the plain kind: an element twice, attributes, comments,
 * text beside elements, tags that cross, or a row that does not end.
 */
export function learnRow({ bytes, from, limit }: RowPlace): RowTemplate | null {
  const open: string[] = [];
  const markup: number[] = [];
  const ends: number[] = [];
  const fields: number[] = [];
  for (let at = from; ;) {
    const tag = at > limit ? null : readTag(bytes, at);
    if (tag === null) return null;
    if (tag.kind === "open") open.push(tag.name);
    if (tag.kind === "close" && open.pop() !== tag.name) return null;
    markup.push(...bytes.subarray(at, tag.end));
    if (open.length === 0) break;
    const next = bytes.indexOf(lessThan, tag.end);
    if (next === -1) return null;
    if (tag.kind === "open" && bytes[next + 1] === slash) {
      const index = indexOf(open);
      if (index === null || (index >= 0 && fields.includes(index))) return null;
      ends.push(markup.length);
      fields.push(index);
    } else {
      const between = bytes.subarray(tag.end, next);
      if (!between.every(isSpace)) return null;
      markup.push(...between);
    }
    at = next;
  }
  const kind = kindOf(readTag(bytes, from)?.name);
  if (kind === null) return null;
  const whole = Uint8Array.from(markup);
  const before = { start: new Int32Array(fields.length), length: new Int32Array(fields.length) };
  return { kind, markup: whole, words: new DataView(whole.buffer), ends: [...ends, markup.length], fields, before };
}

function kindOf(name: string | undefined): RowTemplate["kind"] | null {
  if (name === "Version") return "version";
  return name === "DeleteMarker" ? "marker" : null;
}

/** -1: passed over. Null: it has the name of a field and stands where that field does not. */
function indexOf([, first = "", second, ...deeper]: readonly string[]): number | null {
  const index = indexOfField.get(second ?? first) ?? -1;
  if (second === undefined) return index;
  if (first !== "Owner" || deeper.length > 0) return -1;
  return index === field.ID || index === -1 ? index : null;
}

interface Tag {
  readonly kind: "open" | "close" | "empty";
  readonly name: string;
  readonly end: number;
}

function readTag(bytes: Uint8Array, at: number): Tag | null {
  const isClosing = bytes[at + 1] === slash;
  const nameFrom = at + (isClosing ? 2 : 1);
  let end = nameFrom;
  while (isLetter(bytes[end] ?? 0)) end++;
  const name = String.fromCharCode(...bytes.subarray(nameFrom, end));
  const isEmpty = !isClosing && bytes[end] === slash;
  const last = isEmpty ? end + 1 : end;
  if (bytes[at] !== lessThan || name === "" || bytes[last] !== greaterThan) return null;
  return { kind: isClosing ? "close" : isEmpty ? "empty" : "open", name, end: last + 1 };
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
