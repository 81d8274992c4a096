import { chance, writeHex8, type Folder, type SyntheticHistory } from "./synthetic-history.ts";

/** When the first marker or overwrite came; what was there before stands a month to a day before it. */
export const markedAt = Date.parse("2026-11-20T03:00:00.000Z");

const writtenDates = dateTable(markedAt - 30 * 86_400_000, 29 * 86_400_000);
const attackDates = dateTable(markedAt, 600_000);
const owner = "0f3a5c2b9d8e47116ab2c4d0e5f6a7988b1c2d3e4f5061728394a5b6c7d8e9f0";

/** 1024 dates, evenly spread over `span` milliseconds from `start` on. */
function dateTable(start: number, span: number): readonly Buffer[] {
  return Array.from({ length: 1024 }, (_, n) =>
    Buffer.from(new Date(start + Math.floor((span * n) / 1024)).toISOString()),
  );
}

/** Where the parts that differ stand in a row of one folder. */
interface RowTemplate {
  readonly bytes: Buffer;
  readonly name: number;
  readonly id: number;
  readonly date: number;
  /** -1 in a marker. */
  readonly etag: number;
  readonly size: number;
}

export interface PageQuery {
  readonly prefix: string;
  readonly keyMarker: string;
  readonly versionIdMarker: string;
  readonly most: number;
  readonly isEncoded: boolean;
}

export interface Page {
  readonly body: Buffer;
  /** Gives the bytes back to be written over; to be called once they are sent. */
  readonly release: () => void;
}

/**
 * Writes pages of ListObjectVersions with as little work as can be: a row is a copy of its folder's template with name,
 * id, date, ETag and size written over.
 */
export class SyntheticPages {
  readonly #history: SyntheticHistory;
  readonly #templates = new Map<string, RowTemplate>();
  readonly #free: Buffer[] = [];
  /** Rows of each key. */
  readonly #rows: number;

  constructor(history: SyntheticHistory) {
    this.#history = history;
    this.#rows = history.shape.kind === "plain" ? 1 : 2;
  }

  /** The id of a row of a key; row 0 is the latest. */
  idOf(position: number, row: number): string {
    const id = Buffer.alloc(32);
    this.#writeId(position, row, id, 0);
    return id.toString("latin1");
  }

  /** The row of a key that has this id; null for none. */
  rowOf(position: number, id: string): number | null {
    for (let row = 0; row < this.#rows; row++) if (this.idOf(position, row) === id) return row;
    return null;
  }

  /** Null where the version id marker names no version of its key. */
  page(query: PageQuery): Page | null {
    const [from, until] = this.#history.rangeOf(query.prefix);
    const after = this.#after(query);
    if (after === null) return null;
    const start = Math.max(from * this.#rows, after);
    const end = Math.max(start, Math.min(start + query.most, until * this.#rows));
    const head = Buffer.from(this.#head(query, end, end < until * this.#rows));
    const buffer = this.#free.pop() ?? Buffer.allocUnsafe(1_000_000);
    let at = head.copy(buffer);
    for (let row = start; row < end; row++) at = this.#writeRow(row, buffer, at);
    at += buffer.write("</ListVersionsResult>", at, "latin1");
    return { body: buffer.subarray(0, at), release: () => void this.#free.push(buffer) };
  }

  /** The index, over all rows of the bucket, of the first row after the markers. */
  #after({ keyMarker, versionIdMarker }: PageQuery): number | null {
    if (keyMarker === "") return 0;
    const position = this.#history.positionOf(keyMarker);
    const isThere = position < this.#history.shape.versions && this.#history.keyAt(position) === keyMarker;
    if (!isThere) return position * this.#rows;
    if (versionIdMarker === "") return (position + 1) * this.#rows;
    const row = this.rowOf(position, versionIdMarker);
    return row === null ? null : position * this.#rows + row + 1;
  }

  #head({ prefix, keyMarker, versionIdMarker, most, isEncoded }: PageQuery, end: number, isTruncated: boolean): string {
    const last = Math.floor((end - 1) / this.#rows);
    const next = isTruncated
      ? `<NextKeyMarker>${this.#history.keyAt(last)}</NextKeyMarker><NextVersionIdMarker>${this.idOf(last, (end - 1) % this.#rows)}</NextVersionIdMarker>`
      : "";
    const encoding = isEncoded ? "<EncodingType>url</EncodingType>" : "";
    return `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>synthetic</Name><Prefix>${encodeURI(prefix)}</Prefix><KeyMarker>${encodeURI(keyMarker)}</KeyMarker><VersionIdMarker>${encodeURI(versionIdMarker)}</VersionIdMarker>${next}<MaxKeys>${most}</MaxKeys>${encoding}<IsTruncated>${isTruncated}</IsTruncated>`;
  }

  #writeRow(index: number, target: Buffer, at: number): number {
    const position = Math.floor(index / this.#rows);
    const row = index - position * this.#rows;
    const [folder, place] = this.#history.placeOf(position);
    const size = folder.sizeAt(place);
    const { bytes, name, id, date, etag, size: sizeAt } = this.#template(folder, row, size);
    target.set(bytes, at);
    folder.writeName(place, target, at + name);
    this.#writeId(position, row, target, at + id);
    const isOld = row === this.#rows - 1;
    const dates = isOld ? writtenDates : attackDates;
    target.set(dates[chance(row, position) & 1023] ?? bytes, at + date);
    if (etag !== -1) {
      const seed = this.#history.shape.seed + 200 + 4 * row;
      for (let word = 0; word < 4; word++) writeHex8(chance(seed + word, position), target, at + etag + 8 * word);
      writeDecimal(size, target, at + sizeAt);
    }
    return at + bytes.length;
  }

  #writeId(position: number, row: number, target: Buffer, at: number): void {
    const seed = this.#history.shape.seed + 100 + 4 * row;
    for (let word = 0; word < 4; word++) writeHex8(chance(seed + word, position), target, at + 8 * word);
  }

  #template(folder: Folder, row: number, size: number): RowTemplate {
    const isMarker = row === 0 && this.#history.shape.kind === "deleted";
    const width = decimalWidth(size);
    const name = `${folder.path} ${row} ${width}`;
    const known = this.#templates.get(name);
    if (known !== undefined) return known;
    const made = templateOf({ folder, isLatest: row === 0, isMarker, width });
    this.#templates.set(name, made);
    return made;
  }
}

interface TemplateParts {
  readonly folder: Folder;
  readonly isLatest: boolean;
  readonly isMarker: boolean;
  readonly width: number;
}

function templateOf({ folder, isLatest, isMarker, width }: TemplateParts): RowTemplate {
  let text = "";
  const add = (before: string, length: number): number => {
    text += before;
    const at = text.length;
    text += "0".repeat(length);
    return at;
  };
  const name = add(`<${isMarker ? "DeleteMarker" : "Version"}><Key>${folder.path}`, folder.nameLength);
  const id = add("</Key><VersionId>", 32);
  const date = add(`</VersionId><IsLatest>${isLatest}</IsLatest><LastModified>`, 24);
  const etag = isMarker ? -1 : add("</LastModified><ETag>&quot;", 32);
  const size = isMarker ? -1 : add("&quot;</ETag><Size>", width);
  text += isMarker ? "</LastModified>" : "</Size><StorageClass>STANDARD</StorageClass>";
  text += `<Owner><ID>${owner}</ID><DisplayName>synthetic</DisplayName></Owner></${isMarker ? "DeleteMarker" : "Version"}>`;
  return { bytes: Buffer.from(text), name, id, date, etag, size };
}

function decimalWidth(size: number): number {
  let width = 1;
  for (let rest = size; rest >= 10; rest = Math.floor(rest / 10)) width++;
  return width;
}

function writeDecimal(size: number, target: Buffer, at: number): void {
  let rest = size;
  for (let digit = decimalWidth(size) - 1; digit >= 0; digit--) {
    target[at + digit] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
