import { createHash } from "node:crypto";
import { createReadStream, type ReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { TextFile } from "../../base/state-folder.ts";
import { unreadable } from "./unreadable.ts";
import { systemCode } from "./unwritable.ts";

/** Bytes of text read at once. */
const pieceSize = 256 * 1024;

/** A file to read from wherever it stands, gzip where its name ends in `.gz`; null where there is none. */
export async function openTextFile(file: string): Promise<TextFile | null> {
  try {
    await stat(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw unreadable(file, error);
  }
  return new TextFileOnDisk(file);
}

class TextFileOnDisk implements TextFile {
  readonly path: string;

  constructor(file: string) {
    this.path = file;
  }

  async *text(from = 0): AsyncGenerator<string> {
    const decoder = new StringDecoder("utf8");
    for await (const bytes of this.#bytes(from, this.path.endsWith(".gz"))) {
      const piece = decoder.write(bytes);
      if (piece !== "") yield piece;
    }
    const rest = decoder.end();
    if (rest !== "") yield rest;
  }

  async sha256(): Promise<string> {
    const hash = createHash("sha256");
    for await (const bytes of this.#bytes(0, false)) hash.update(bytes);
    return hash.digest("hex");
  }

  async *#bytes(from: number, isCompressed: boolean): AsyncGenerator<Buffer> {
    const file = createReadStream(this.path, { start: from, highWaterMark: pieceSize });
    try {
      yield* isCompressed ? decompressed(file) : (file as AsyncIterable<Buffer>);
    } catch (error) {
      throw unreadable(this.path, error);
    } finally {
      file.destroy();
    }
  }
}

async function* decompressed(file: ReadStream): AsyncGenerator<Buffer> {
  const text: Readable = file.pipe(createGunzip({ chunkSize: pieceSize }));
  file.once("error", (error) => text.destroy(error));
  try {
    yield* text as AsyncIterable<Buffer>;
  } finally {
    text.destroy();
  }
}
