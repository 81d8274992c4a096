import { open, type FileHandle } from "node:fs/promises";
import type { LineFile } from "../../base/state-folder.ts";
import { TextBytes } from "../../base/text-bytes.ts";
import { unwritable } from "./unwritable.ts";

/** How much a line file holds back before it writes, in bytes. */
const bufferSize = 64 * 1024;

/** A new file for lines anywhere, private (0600). Fails with `state-unwritable`, also where it exists already. */
export async function openLineFile(file: string): Promise<LineFile> {
  try {
    return new BufferedLineFile(file, await open(file, "wx", 0o600));
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Lines held back up to 64 KiB, then written, in the order of the calls; durable after `flush`. */
export class BufferedLineFile implements LineFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #held = new TextBytes(0);
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(file: string, handle: FileHandle) {
    this.path = file;
    this.#handle = handle;
  }

  async write(line: string): Promise<void> {
    this.#held.add(line);
    this.#held.add("\n");
    if (this.#held.length >= bufferSize) await this.#pass();
  }

  async flush(): Promise<void> {
    await this.#pass();
    await this.#guarded(() => this.#handle.sync());
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }

  async #pass(): Promise<void> {
    const bytes = this.#held.take();
    if (bytes.length > 0)
      this.#lastWrite = this.#lastWrite.then(() => this.#guarded(() => this.#handle.writeFile(bytes)));
    await this.#lastWrite;
  }

  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }
}
