import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, type Gzip } from "node:zlib";
import { Failure } from "../../base/failure.ts";
import type { SealedFile } from "../../base/state-folder.ts";
import { syncFolder } from "./private-folder.ts";
import { unwritable } from "./unwritable.ts";

/** Bytes held back before they are compressed. */
const bufferSize = 256 * 1024;

/** A new private (0600) file that is compressed while it is written. `state-unwritable` where it exists already. */
export async function createSealedFile(file: string): Promise<SealedFile> {
  try {
    return new GzipFile(file, await open(file, "wx", 0o600));
  } catch (error) {
    throw unwritable(file, error);
  }
}

/**
 * Compresses in the background: one piece is under way while the caller makes the next. Lines of JSON repeat within a few
 * hundred bytes, so a window of 4 KiB packs them as small as one of 32 KiB, in two thirds of the time.
 */
export class GzipFile implements SealedFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #gzip: Gzip = createGzip({ level: 1, windowBits: 12, chunkSize: bufferSize });
  readonly #hash = createHash("sha256");
  /** Settles when all has reached the file, or with the failure that stopped it. */
  readonly #written: Promise<void>;
  #held: Uint8Array[] = [];
  #heldLength = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(file: string, handle: FileHandle) {
    this.path = file;
    this.#handle = handle;
    this.#written = pipeline(this.#gzip, this.#disk());
    this.#written.catch(() => undefined);
  }

  async write(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    this.#held.push(bytes);
    this.#heldLength += bytes.length;
    if (this.#heldLength >= bufferSize) await this.#guarded(() => this.#pass());
  }

  async seal(): Promise<string> {
    try {
      await this.#guarded(async () => {
        await this.#end();
        await this.#handle.sync();
      });
    } finally {
      await this.#handle.close();
    }
    await this.#guarded(() => syncFolder(path.dirname(this.path)));
    return this.#hash.digest("hex");
  }

  async abandon(): Promise<void> {
    try {
      await this.#end();
    } catch {
      // Whoever gives a file up is on the way out with a failure of its own.
    } finally {
      await this.#handle.close().catch(() => undefined);
    }
  }

  async #end(): Promise<void> {
    await this.#pass();
    await this.#underWay;
    this.#gzip.end();
    await this.#written;
  }

  async #pass(): Promise<void> {
    const [first, ...others] = this.#held;
    this.#held = [];
    this.#heldLength = 0;
    await this.#underWay;
    if (first === undefined) return;
    const bytes = others.length === 0 ? first : Buffer.concat([first, ...others]);
    const taken = new Promise<void>((resolve, reject) => {
      this.#gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    // A failed disk ends the stream, and then nobody answers a write that waits.
    this.#underWay = Promise.race([taken, this.#written]);
    this.#underWay.catch(() => undefined);
  }

  #disk(): Writable {
    return new Writable({
      write: (bytes: Buffer, _, done) => {
        this.#hash.update(bytes);
        this.#handle.writeFile(bytes).then(() => done(), done);
      },
    });
  }

  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw error instanceof Failure ? error : unwritable(this.path, error);
    }
  }
}
