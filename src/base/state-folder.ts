import type { Instant } from "./instant.ts";

/**
 * The private folder (0700) where plans, journals, evidence and records are kept. Names are relative, with `/` between
 * parts, and never leave the folder.
 *
 * Every method fails with `state-unwritable` when the disk is full or the folder is not ours to write, and with
 * `damaged-file` when a file cannot be read; what was written before stays as it was.
 */
export interface StateFolder {
  /** The absolute path of `name`, for messages and for `--out`. */
  pathOf(name: string): string;
  /** The whole text, or null where there is no such file. */
  read(name: string): Promise<string | null>;
  /** Replaces the file as a whole: after a crash either the old text stands or the new one. Durable on return. */
  replace(name: string, text: string): Promise<void>;
  /** Opens a new file for lines; `state-unwritable` where it exists already, so that no evidence is written over. */
  create(name: string): Promise<LineFile>;
  /** Opens a file to add lines to, made if need be. */
  append(name: string): Promise<LineFile>;
  list(folder: string): Promise<readonly string[]>;
  /** A file to read from, of any size; null where there is none. An absolute path is read as it is, wherever it stands. */
  open(name: string): Promise<TextFile | null>;
  /** Opens a new file for much text, compressed (gzip); `state-unwritable` where it exists already. */
  createSealed(name: string): Promise<SealedFile>;
  /** A file without a name, for what does not fit into memory; it is gone when the process is, however it ends. */
  scratch(): Promise<ScratchFile>;
  /**
   * Takes the lock of that name for this process, or tells who holds it. A lock whose process is no more (a crash, a
   * kill -9) is taken over. Of two processes that ask at once one gets it.
   */
  lock(name: string): Promise<HeldLock | LockHolder>;
}

/** A file of text that may be larger than memory. */
export interface TextFile {
  readonly path: string;
  /**
   * The text in pieces, decompressed where the file is compressed; from the byte `from` of the text on, which must be
   * the beginning of a character and not of a compressed file. `damaged-file` where it cannot be read to its end.
   */
  text(from?: number): AsyncIterable<string>;
  /** SHA-256, in hex, of the file as it stands on disk: what `sha256sum` prints. */
  sha256(): Promise<string>;
}

/** A file that is written once, from beginning to end. */
export interface SealedFile {
  readonly path: string;
  /** Adds text as it is, or as the UTF-8 of it, which is the file's from then on; newlines are the caller's. */
  write(text: string | Uint8Array): Promise<void>;
  /** Durable on return; the SHA-256, in hex, of the file as it stands on disk. */
  seal(): Promise<string>;
  /** Closes a file that will not be finished; what was written stays. */
  abandon(): Promise<void>;
}

/** Lines that are written and then read back, once or more often. */
export interface ScratchFile {
  /** Adds a line, or several with newlines between them; or the UTF-8 of these. */
  write(line: string | Uint8Array): Promise<void>;
  /** All lines written so far, in order, in batches. */
  lines(): AsyncIterable<readonly string[]>;
  close(): Promise<void>;
}

export interface HeldLock {
  readonly kind: "held";
  release(): Promise<void>;
}

export interface LockHolder {
  readonly kind: "taken";
  readonly pid: number;
  readonly since: Instant;
}

/** A file that only grows. */
export interface LineFile {
  readonly path: string;
  /** Adds one line, or several with newlines between them; the last newline is put by the file. May be buffered until `flush`. */
  write(line: string): Promise<void>;
  /** Durable on return (fsync). */
  flush(): Promise<void>;
  close(): Promise<void>;
}
