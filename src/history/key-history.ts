import { Failure } from "../base/failure.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { HistoryRow } from "../store/object-version.ts";

/** All that a listing says about one key, as the store listed it. Never empty. */
export interface KeyHistory {
  readonly key: ObjectKey;
  readonly rows: readonly HistoryRow[];
}

/** Rows in the order of a version listing, in pages. */
export type HistoryPages = AsyncIterable<readonly HistoryRow[]>;

/**
 * Groups a version listing by key, page by page; holds one key at a time. A row that a store lists twice (Versity does)
 * stands once, where it stood first, in what is yielded; evidence that is saved from the listing holds it as it was
 * listed. A key that does not come after the one before it, by its UTF-8 bytes, is a `store-misbehaves` failure: its
 * history would be torn in two, and each half would tell another state.
 */
export async function* keyHistoryPages(pages: HistoryPages): AsyncGenerator<readonly KeyHistory[]> {
  const open = new OpenKey();
  for await (const page of pages) {
    const whole: KeyHistory[] = [];
    for (const row of page) {
      const ended = open.take(row);
      if (ended !== null) whole.push(ended);
    }
    if (whole.length > 0) yield whole;
  }
  const last = open.end();
  if (last !== null) yield [last];
}

/** As `keyHistoryPages`, one key at a time: for short listings. */
export async function* keyHistories(pages: HistoryPages): AsyncGenerator<KeyHistory> {
  for await (const page of keyHistoryPages(pages)) yield* page;
}

/** Rows of one key up to which each new one is compared with all of them; more have a set, since a thief stacks many. */
const fewRows = 16;

/** The key of which not all rows have been seen yet. */
class OpenKey {
  #rows: HistoryRow[] = [];
  #names: Set<string> | null = null;

  /** The key before, where `row` begins another one. */
  take(row: HistoryRow): KeyHistory | null {
    const [first] = this.#rows;
    if (first === undefined || first.key === row.key) {
      this.#add(row);
      return null;
    }
    requireOrder(first.key, row.key);
    const ended = { key: first.key, rows: this.#rows };
    this.#rows = [row];
    this.#names = null;
    return ended;
  }

  end(): KeyHistory | null {
    const [first] = this.#rows;
    return first === undefined ? null : { key: first.key, rows: this.#rows };
  }

  #add(row: HistoryRow): void {
    if (this.#isKnown(row)) return;
    this.#rows.push(row);
    this.#names?.add(rowName(row));
  }

  #isKnown(row: HistoryRow): boolean {
    if (this.#rows.length < fewRows)
      return this.#rows.some((other) => other.versionId === row.versionId && other.kind === row.kind);
    this.#names ??= new Set(this.#rows.map(rowName));
    return this.#names.has(rowName(row));
  }
}

/** What tells a row of one key from its others: a version and a marker may have the same id. */
export function rowName({ kind, versionId }: Pick<HistoryRow, "kind" | "versionId">): string {
  return `${kind} ${versionId}`;
}

/** Orders keys by their UTF-8 bytes, as S3 lists them; `<` on strings goes by UTF-16 and puts emoji before U+E000. */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, which UTF-8 puts after U+E000..U+FFFF. */
function byteRank(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit;
}

/** A `store-misbehaves` failure where `key` belongs before the key that was listed before it. */
export function requireOrder(before: ObjectKey, key: ObjectKey): void {
  if (compareKeys(before, key) <= 0) return;
  throw new Failure({
    kind: "store-misbehaves",
    action: "group the versions of",
    subject: key,
    problem: `the store listed it after "${before}", out of order`,
    hint: "Nothing was written. Try again; if it stays so, the store's version listing cannot be relied on.",
  });
}
