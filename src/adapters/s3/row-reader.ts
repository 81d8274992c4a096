import type { Instant } from "../../base/instant.ts";
import { objectKey } from "../../base/object-key.ts";
import { versionId } from "../../base/version-id.ts";
import type { DeleteMarker, HistoryRow } from "../../store/object-version.ts";
import { readDate } from "./row-date.ts";
import { field, FoundRow, mark } from "./row-template.ts";
import { decodeUrl, withoutQuotes } from "./version-page.ts";
import { unescapeXml } from "./xml-elements.ts";

/** How stores write the quotes of an ETag. */
const quotes = ["&quot;", "&#34;", '"'].map((text) => Buffer.from(text));
const ampersand = 0x26;
/** `true` */
const wordTrue = 0x74727565;
const digitsThatAreSafe = 15;

/**
 * Node's own way to text, which `toString` comes to in the end: there are three texts to a row, and the way there costs as
 * much as the copy.
 */
interface Latin1Page extends Buffer {
  latin1Slice(from: number, to: number): string;
}

/**
 * Makes rows of what `matchRow` found in one page. Every text is its own, none a part of the page: a row that is kept
 * keeps nothing else in memory. A text that is that of the row before is taken from there.
 */
export class RowReader {
  readonly found = new FoundRow();
  readonly #page: Latin1Page;
  readonly #words: DataView;
  readonly #isEncoded: boolean;
  readonly #key = new TextBefore();
  readonly #owner = new TextBefore();
  readonly #storageClass = new TextBefore();
  readonly #checksums = new TextBefore();

  constructor({ page, words, isEncoded }: PageToRead) {
    this.#page = page as Latin1Page;
    this.#words = words;
    this.#isEncoded = isEncoded;
  }

  /** Null for a row that lacks what it must have, or has it in a form that is for a more careful reader. */
  read(kind: HistoryRow["kind"]): HistoryRow | null {
    const key = this.#repeated(field.Key, this.#key);
    const id = this.#text(field.VersionId);
    const lastModified = this.#date();
    const isLatest = this.#isLatest();
    if (key === null || key === "" || id === null || id === "") return null;
    if (lastModified === null || isLatest === null) return null;
    const owner = this.#repeated(field.ID, this.#owner);
    const row = { key: objectKey(key), versionId: versionId(id), lastModified, isLatest, owner };
    if (kind === "marker") return { kind, ...row };
    const size = this.#size();
    return size === null ? null : this.#version(row, size);
  }

  /** Written out: a spread of the row costs more than all the rest. */
  #version(
    { key, versionId: id, lastModified, isLatest, owner }: Omit<DeleteMarker, "kind">,
    size: number,
  ): HistoryRow {
    return {
      kind: "version",
      key,
      versionId: id,
      lastModified,
      isLatest,
      owner,
      size,
      etag: this.#etag(),
      storageClass: this.#repeated(field.StorageClass, this.#storageClass),
      checksums: this.#repeated(field.ChecksumAlgorithm, this.#checksums),
    };
  }

  /** Null where the row has no such field. */
  #text(index: number): string | null {
    const { start, end, marks } = this.found;
    const from = start[index] ?? -1;
    if (from === -1) return null;
    const to = end[index] ?? 0;
    const seen = marks[index] ?? 0;
    if (seen === 0) return this.#page.latin1Slice(from, to);
    const text = unescapeXml(this.#page.toString("utf8", from, to));
    return index === field.Key && this.#isEncoded ? decodeUrl(text) : text;
  }

  #repeated(index: number, before: TextBefore): string | null {
    const { start, end } = this.found;
    const from = start[index] ?? -1;
    if (from === -1) return null;
    const to = end[index] ?? 0;
    if (!before.isAt(this.#words, from, to)) before.set(from, to, this.#text(index) ?? "");
    return before.text;
  }

  #date(): Instant | null {
    const from = this.found.start[field.LastModified] ?? -1;
    return from === -1 ? null : readDate(this.#page, from, this.found.end[field.LastModified] ?? 0);
  }

  #isLatest(): boolean | null {
    const from = this.found.start[field.IsLatest] ?? -1;
    const length = (this.found.end[field.IsLatest] ?? 0) - from;
    if (from === -1 || length === 0) return null;
    if (length === 4 && this.#page.readUInt32BE(from) === wordTrue) return true;
    return this.#text(field.IsLatest) === "true";
  }

  #size(): number | null {
    const from = this.found.start[field.Size] ?? -1;
    const to = this.found.end[field.Size] ?? 0;
    if (from === -1 || to === from || to - from > digitsThatAreSafe) return null;
    let size = 0;
    for (let at = from; at < to; at++) {
      const digit = (this.#page[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) return null;
      size = size * 10 + digit;
    }
    return size;
  }

  #etag(): string {
    const from = this.found.start[field.ETag] ?? -1;
    const to = this.found.end[field.ETag] ?? 0;
    const quote = from === -1 ? 0 : this.#quoteAt(from);
    const isPlain = quote > 0 && ((this.found.marks[field.ETag] ?? 0) & mark.wide) === 0;
    if (!isPlain || this.#quoteAt(to - quote) !== quote || this.#hasEscape(from + quote, to - quote)) {
      return withoutQuotes(this.#text(field.ETag) ?? "");
    }
    return this.#page.latin1Slice(from + quote, to - quote);
  }

  /** The length of the quote that stands there; 0 for none. */
  #quoteAt(from: number): number {
    for (const quote of quotes) {
      let index = 0;
      while (index < quote.length && this.#page[from + index] === quote[index]) index++;
      if (index === quote.length) return index;
    }
    return 0;
  }

  #hasEscape(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (this.#page[at] === ampersand) return true;
    return false;
  }
}

interface PageToRead {
  readonly page: Buffer;
  /** The same bytes. */
  readonly words: DataView;
  /** The page says that its keys are URL-encoded. */
  readonly isEncoded: boolean;
}

/** A text and the bytes it was read from. */
class TextBefore {
  text = "";
  #from = -1;
  #length = -1;

  set(from: number, to: number, text: string): void {
    this.text = text;
    this.#from = from;
    this.#length = to - from;
  }

  isAt(words: DataView, from: number, to: number): boolean {
    if (to - from !== this.#length) return false;
    let [at, before] = [from, this.#from];
    for (; at + 4 <= to; at += 4, before += 4) if (words.getInt32(at) !== words.getInt32(before)) return false;
    for (; at < to; at++, before++) if (words.getInt8(at) !== words.getInt8(before)) return false;
    return true;
  }
}
