import { open, rm, type FileHandle } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { LineSplitter } from "../../base/line-splitter.ts";
import { TextBytes } from "../../base/text-bytes.ts";
import type { ScratchFile } from "../../base/state-folder.ts";
import { unreadable } from "./unreadable.ts";
import { unwritable } from "./unwritable.ts";

/** Bytes held back before they are written, and read at once. */
const bufferSize = 256 * 1024;
/** Bytes made into lines at once: a longer text would have a place of its own on the heap, which costs more. */
const batchSize = 64 * 1024;

/** Makes a file of that name and takes the name away at once, so that no end of the process leaves it behind. */
export async function openScratchFile(file: string): Promise<ScratchFile> {
  try {
    const handle = await open(file, "wx+", 0o600);
    await rm(file);
    return new NamelessFile(file, handle);
  } catch (error) {
    throw unwritable(file, error);
  }
}

class NamelessFile implements ScratchFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #held = new TextBytes(bufferSize);
  #size = 0;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(file: string, handle: FileHandle) {
    this.#path = file;
    this.#handle = handle;
  }

  async write(line: string | Uint8Array): Promise<void> {
    this.#held.add(line);
    this.#held.add("\n");
    if (this.#held.length >= bufferSize) await this.#pass();
  }

  async *lines(): AsyncGenerator<readonly string[]> {
    await this.#pass();
    const end = this.#size;
    const buffer = Buffer.allocUnsafe(bufferSize);
    const decoder = new StringDecoder("utf8");
    const splitter = new LineSplitter();
    for (let position = 0; position < end;) {
      const length = await this.#read(buffer, position, end);
      position += length;
      for (let from = 0; from < length; from += batchSize) {
        const lines = splitter.take(decoder.write(buffer.subarray(from, Math.min(from + batchSize, length))));
        if (lines.length > 0) yield lines;
      }
    }
  }

  async close(): Promise<void> {
    await this.#lastWrite.catch(() => undefined);
    await this.#handle.close();
  }

  async #read(buffer: Buffer, position: number, end: number): Promise<number> {
    const length = Math.min(buffer.length, end - position);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, position).catch((error: unknown) => {
      throw unreadable(this.#path, error);
    });
    if (bytesRead === 0) throw unreadable(this.#path, "that it ends early");
    return bytesRead;
  }

  async #pass(): Promise<void> {
    if (this.#held.length > 0) {
      const bytes = this.#held.take();
      this.#lastWrite = this.#lastWrite.then(() => this.#put(bytes));
    }
    await this.#lastWrite;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.writeFile(bytes);
      this.#size += bytes.length;
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }
}
