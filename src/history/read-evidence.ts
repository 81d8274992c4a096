import { ChainReader } from "../base/chained-lines.ts";
import type { Line } from "../base/chained-lines.ts";
import { Failure } from "../base/failure.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { TextFile } from "../base/state-folder.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { blockChain, blockLine, rowsInBlock } from "./evidence.ts";
import type { EvidenceSeal } from "./evidence.ts";
import { headerOf } from "./evidence-header.ts";
import type { EvidenceHeader } from "./evidence-header.ts";
import { RowReader, rowOf } from "./evidence-rows.ts";
import { damagedFile, Fields } from "./line-fields.ts";
import type { FileOfLines } from "./line-fields.ts";

/** Evidence that was opened: its header is checked, its rows are when they are read. */
export interface EvidenceReading {
  readonly path: string;
  readonly header: EvidenceHeader;
  /**
   * All rows as they were listed, each page checked before it is given out. May be called again. `damaged-file` where a
   * page is damaged, and at the end where the totals are missing or tell otherwise: then the rows given out are not all.
   */
  pages(): AsyncGenerator<readonly HistoryRow[]>;
}

/** What a look at a file of evidence found. */
export type EvidenceVerdict =
  ({ readonly kind: "whole" } & Totals) | { readonly kind: "damaged"; readonly problem: string };

interface Totals {
  readonly versions: number;
  readonly markers: number;
  readonly keys: number;
}

/** Reads what `EvidenceWriter` wrote, holding one block at a time. `damaged-file` where the header is not whole or not ours. */
export async function readEvidence(file: TextFile): Promise<EvidenceReading> {
  const { path } = file;
  const about = { what: "evidence", path };
  for await (const part of blocks(file)) {
    if (part.kind === "header")
      return { path, header: headerOf(new Fields(part.line, about, 1)), pages: () => pages(file) };
  }
  throw damagedFile(about, "it is empty");
}

/** Whether the evidence is whole, its chain right, and the file the one that was sealed. Reads all of it. */
export async function checkEvidence(file: TextFile, seal: EvidenceSeal): Promise<EvidenceVerdict> {
  try {
    const found = await file.sha256();
    if (found !== seal.sha256) return { kind: "damaged", problem: "its SHA-256 is not the one it was sealed with" };
    const evidence = await readEvidence(file);
    const totals = new Counted();
    for await (const page of evidence.pages()) totals.add(page);
    return { kind: "whole", versions: totals.versions, markers: totals.markers, keys: totals.keys };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "damaged-file") throw error;
    return { kind: "damaged", problem: error.problem };
  }
}

type Part =
  | { readonly kind: "header"; readonly line: Line }
  | { readonly kind: "rows"; readonly rows: readonly HistoryRow[] }
  | { readonly kind: "totals"; readonly line: Fields };

async function* pages(file: TextFile): AsyncGenerator<readonly HistoryRow[]> {
  const about = { what: "evidence", path: file.path };
  const counted = new Counted();
  let isEnded = false;
  for await (const part of blocks(file)) {
    if (part.kind === "rows") {
      counted.add(part.rows);
      yield part.rows;
    } else if (part.kind === "totals") {
      counted.compare(part.line);
      isEnded = true;
    }
  }
  if (!isEnded) throw damagedFile(about, "its end is missing");
}

async function* blocks(file: TextFile): AsyncGenerator<Part> {
  const parser = new BlockParser({ what: "evidence", path: file.path });
  for await (const piece of file.text()) {
    parser.take(piece);
    for (let part = parser.next(); part !== null; part = parser.next()) yield part;
  }
  parser.end();
}

/** Longest text that is looked through for the end of a block: 1000 rows of the longest keys come nowhere near. */
const longestBlock = 64 * 1024 * 1024;
const blockStart = '{"type":"block"';
const totalsStart = '{"type":"totals"';

/** Takes the text in pieces and gives its header, its blocks and its totals, each followed up by the chain. */
class BlockParser {
  readonly #file: FileOfLines;
  readonly #rows = new RowReader();
  readonly #chainBefore = new ChainReader();
  #chain: string | null = null;
  #text = "";
  #line = 1;
  #isOver = false;

  constructor(file: FileOfLines) {
    this.#file = file;
  }

  take(piece: string): void {
    if (this.#text.length > longestBlock) throw this.#damaged("a block has no end");
    this.#text += piece;
  }

  /** Null where more text is needed. */
  next(): Part | null {
    if (this.#isOver && this.#text !== "") throw this.#damaged("something follows the totals");
    if (this.#chain === null) return this.#header();
    if (this.#text.startsWith(totalsStart)) return this.#totals(this.#chain);
    return this.#block(this.#chain);
  }

  end(): void {
    if (this.#text !== "") throw this.#damaged("the text is cut off in a block of rows");
  }

  #header(): Part | null {
    const text = this.#takeLine();
    if (text === null) return null;
    const line = this.#chainBefore.take(text);
    if (line === null) throw damagedFile(this.#file, "line 1 is damaged: the chain of hashes breaks");
    this.#chain = this.#chainBefore.last;
    return { kind: "header", line };
  }

  #totals(chain: string): Part | null {
    const number = this.#line;
    const text = this.#takeLine();
    if (text === null) return null;
    const line = new ChainReader(chain).take(text);
    if (line === null) throw damagedFile(this.#file, `line ${number} is damaged: the chain of hashes breaks`);
    this.#isOver = true;
    return { kind: "totals", line: new Fields(line, this.#file, number) };
  }

  #block(chain: string): Part | null {
    const before = this.#text.indexOf(`\n${blockStart}`);
    const end = before === -1 ? -1 : this.#text.indexOf("\n", before + 1);
    if (end === -1) return null;
    const text = this.#text.slice(0, before + 1);
    const last = this.#text.slice(before + 1, end);
    const lines = parsedLines(text) ?? this.#brokenLine(text);
    const next = blockChain(chain, text, lines.length);
    if (lines.length > rowsInBlock || last !== blockLine(lines.length, next)) {
      throw this.#damaged(`the chain of hashes breaks within the ${lines.length} rows up to there`, lines.length);
    }
    const rows = lines.map((line, index) => this.#rows.row(line) ?? this.#noRow(line, index));
    this.#chain = next;
    this.#text = this.#text.slice(end + 1);
    this.#line += lines.length + 1;
    return { kind: "rows", rows };
  }

  #takeLine(): string | null {
    const end = this.#text.indexOf("\n");
    if (end === -1) return null;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    this.#line++;
    return line;
  }

  #brokenLine(text: string): never {
    const broken = text.split("\n").findIndex((line) => parsedLines(`${line}\n`)?.length !== 1);
    throw this.#damaged("it is no JSON object", broken);
  }

  #noRow(line: Line, index: number): HistoryRow {
    return rowOf(new Fields(line, this.#file, this.#line + index));
  }

  #damaged(problem: string, linesOn = 0): Failure {
    return damagedFile(this.#file, `line ${this.#line + linesOn} is damaged: ${problem}`);
  }
}

/** Whole lines of JSON objects, read in one go; null where that is not what they are. */
function parsedLines(text: string): readonly Line[] | null {
  try {
    const lines: unknown = JSON.parse(`[${text.slice(0, -1).replaceAll("\n", ",")}]`);
    if (!Array.isArray(lines)) return null;
    return lines.every((line: unknown) => typeof line === "object" && line !== null && !Array.isArray(line))
      ? (lines as readonly Line[])
      : null;
  } catch {
    return null;
  }
}

class Counted implements Totals {
  versions = 0;
  markers = 0;
  keys = 0;
  #lastKey: ObjectKey | null = null;

  add(page: readonly HistoryRow[]): void {
    for (const row of page) {
      if (row.kind === "marker") this.markers++;
      else this.versions++;
      if (row.key !== this.#lastKey) this.keys++;
      this.#lastKey = row.key;
    }
  }

  compare(line: Fields): void {
    const { versions, markers, keys } = this;
    const isSame =
      line.count("versions") === versions && line.count("markers") === markers && line.count("keys") === keys;
    if (!isSame) throw line.wrong("its totals do not match its rows");
  }
}
