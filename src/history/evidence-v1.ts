import { createHash } from "node:crypto";
import { ChainWriter } from "../base/chained-lines.ts";
import type { Line } from "../base/chained-lines.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { objectKey } from "../base/object-key.ts";
import type { LineFile } from "../base/state-folder.ts";
import { versionId } from "../base/version-id.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { Versioning } from "../store/versioned-store.ts";
import { chainedLines, damagedFile } from "./line-fields.ts";
import type { Fields } from "./line-fields.ts";

/** What the evidence was taken of. */
interface EvidenceHeader {
  readonly bucket: string;
  readonly prefix: string;
  readonly versioning: Versioning;
  readonly takenAt: Instant;
}

/** Where the evidence stands, and the SHA-256 of the whole file, as `sha256sum` prints it. */
export interface EvidenceSeal {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

interface Evidence {
  readonly header: EvidenceHeader;
  readonly rows: readonly HistoryRow[];
}

const versionings = ["enabled", "suspended", "off", "unsupported"] as const satisfies readonly Versioning[];

/**
 * Saves a version history row by row: header, rows, totals, each line chained to the one before. The file is new
 * (`state-unwritable` where `name` exists already) and durable when `finish` returns; without its totals it is not whole.
 */
export class EvidenceWriter {
  readonly #name: string;
  readonly #file: LineFile;
  readonly #chain = new ChainWriter();
  readonly #hash = createHash("sha256");
  #versions = 0;
  #markers = 0;

  private constructor(name: string, file: LineFile) {
    this.#name = name;
    this.#file = file;
  }

  /** `file` is new and empty, `name` its name in the state folder. */
  static async begin(file: LineFile, name: string, header: EvidenceHeader): Promise<EvidenceWriter> {
    const writer = new EvidenceWriter(name, file);
    const takenAt = formatInstant(header.takenAt);
    await writer.#write({ type: "evidence", version: 1, ...header, takenAt });
    return writer;
  }

  async add(row: HistoryRow): Promise<void> {
    if (row.kind === "marker") this.#markers++;
    else this.#versions++;
    await this.#write(lineOf(row));
  }

  async finish(): Promise<EvidenceSeal> {
    await this.#write({ type: "totals", versions: this.#versions, markers: this.#markers });
    await this.#file.flush();
    await this.#file.close();
    return { name: this.#name, path: this.#file.path, sha256: this.#hash.digest("hex") };
  }

  /** Closes a file that will not be finished; it stays, without totals, as what was seen until then. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #write(line: Line): Promise<void> {
    const text = this.#chain.line(line);
    this.#hash.update(`${text}\n`);
    await this.#file.write(text);
  }
}

/** Passes the pages on, each only after it was handed to the evidence. */
export async function* savedRows(
  pages: AsyncIterable<readonly HistoryRow[]>,
  writer: EvidenceWriter,
): AsyncGenerator<readonly HistoryRow[]> {
  for await (const page of pages) {
    for (const row of page) await writer.add(row);
    yield page;
  }
}

/** Reads what `EvidenceWriter` wrote. `damaged-file` where a line is damaged, the end is missing, or it is not ours. */
export function parseEvidence(text: string, path: string): Evidence {
  const file = { what: "evidence", path };
  const { lines } = chainedLines(text, file);
  const [first, ...rest] = lines;
  const last = rest.pop();
  if (first === undefined || last === undefined) throw damagedFile(file, "it has no header or no end");
  first.oneOf("type", ["evidence"]);
  if (first.count("version") !== 1) throw first.wrong("it was written by a newer Holdfast");
  last.oneOf("type", ["totals"]);
  const rows = rest.map(rowOf);
  const markers = rows.filter((row) => row.kind === "marker").length;
  if (last.count("markers") !== markers || last.count("versions") !== rows.length - markers) {
    throw last.wrong("its totals do not match its rows");
  }
  return { header: headerOf(first), rows };
}

function headerOf(line: Fields): EvidenceHeader {
  return {
    bucket: line.text("bucket"),
    prefix: line.textOrEmpty("prefix"),
    versioning: line.oneOf("versioning", versionings),
    takenAt: line.instant("takenAt"),
  };
}

function lineOf(row: HistoryRow): Line {
  const { kind, key, versionId, isLatest } = row;
  const { owner } = row;
  const common = { type: kind, key, versionId, lastModified: formatInstant(row.lastModified), isLatest, owner };
  if (row.kind === "marker") return common;
  return { ...common, size: row.size, etag: row.etag, storageClass: row.storageClass, checksums: row.checksums };
}

function rowOf(line: Fields): HistoryRow {
  const common = {
    key: objectKey(line.text("key")),
    versionId: versionId(line.text("versionId")),
    lastModified: line.instant("lastModified"),
    isLatest: line.flag("isLatest"),
    owner: line.textOrNull("owner"),
  };
  const kind = line.oneOf("type", ["version", "marker"]);
  if (kind === "marker") return { kind, ...common };
  const etag = line.textOrEmpty("etag");
  const storageClass = line.textOrNull("storageClass");
  return { kind, ...common, size: line.count("size"), etag, storageClass, checksums: line.textOrNull("checksums") };
}
