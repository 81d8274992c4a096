import { createHash } from "node:crypto";
import { ChainWriter } from "../base/chained-lines.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { SealedFile } from "../base/state-folder.ts";
import { TextBytes } from "../base/text-bytes.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { headerLine } from "./evidence-header.ts";
import type { EvidenceHeader } from "./evidence-header.ts";
import { RowWriter } from "./evidence-rows.ts";

/** Rows that share one hash; a damaged file is known to be whole up to the block before. */
export const rowsInBlock = 1000;

/** Bytes that a block of usual keys comes to, with room to spare. */
const usualBlock = 512 * 1024;

/** Where the evidence stands, and the SHA-256 of the file on disk, as `sha256sum` prints it. */
export interface EvidenceSeal {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

/**
 * Saves a version history row by row, as JSON lines: a header, the rows in blocks, totals.
 *
 * The header's line ends in its `chain`, as ChainWriter makes it. After at most 1000 rows comes a line that says how many
 * they are, with the `chain` of the block: the SHA-256 over the chain before, the text of the rows with their newlines
 * and the line's own text without `chain`. The totals follow from the last block in the same way. So a damaged, cut or
 * edited file is noticed (see `readEvidence`), at a tenth of the cost of a hash for each row.
 *
 * Every method fails as the file does. Without its totals the evidence is not whole.
 */
export class EvidenceWriter {
  readonly #name: string;
  readonly #file: SealedFile;
  readonly #rows = new RowWriter();
  #chain: string;
  readonly #block = new TextBytes(usualBlock);
  #inBlock = 0;
  #versions = 0;
  #markers = 0;
  #keys = 0;
  #lastKey: ObjectKey | null = null;

  private constructor(name: string, file: SealedFile, chain: string) {
    this.#name = name;
    this.#file = file;
    this.#chain = chain;
  }

  /** `file` is new and empty, `name` its name in the state folder. */
  static async begin(file: SealedFile, name: string, header: EvidenceHeader): Promise<EvidenceWriter> {
    const chain = new ChainWriter();
    await file.write(`${chain.line(headerLine(header))}\n`);
    return new EvidenceWriter(name, file, chain.last);
  }

  /** Rows as they were listed, in the order of the listing. */
  async add(page: readonly HistoryRow[]): Promise<void> {
    for (const row of page) {
      this.#block.add(this.#rows.line(row));
      this.#count(row);
      this.#inBlock++;
      if (this.#inBlock === rowsInBlock) await this.#endBlock();
    }
  }

  /** Durable on return. */
  async finish(): Promise<EvidenceSeal> {
    if (this.#inBlock > 0) await this.#endBlock();
    const totals = { type: "totals", versions: this.#versions, markers: this.#markers, keys: this.#keys };
    await this.#file.write(`${new ChainWriter(this.#chain).line(totals)}\n`);
    return { name: this.#name, path: this.#file.path, sha256: await this.#file.seal() };
  }

  /** Closes a file that will not be finished; it stays, without totals, as what was seen until then. */
  async abandon(): Promise<void> {
    await this.#file.abandon();
  }

  #count(row: HistoryRow): void {
    if (row.kind === "marker") this.#markers++;
    else this.#versions++;
    if (row.key !== this.#lastKey) this.#keys++;
    this.#lastKey = row.key;
  }

  async #endBlock(): Promise<void> {
    const rows = this.#inBlock;
    this.#inBlock = 0;
    const text = this.#block.take();
    this.#chain = blockChain(this.#chain, text, rows);
    await this.#file.write(text);
    await this.#file.write(`${blockLine(rows, this.#chain)}\n`);
  }
}

export function blockChain(before: string, text: string | Uint8Array, rows: number): string {
  return createHash("sha256").update(before).update(text).update(`{"type":"block","rows":${rows}}`).digest("hex");
}

export function blockLine(rows: number, chain: string): string {
  return `{"type":"block","rows":${rows},"chain":"${chain}"}`;
}
