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
}

/** A file that only grows. */
export interface LineFile {
  readonly path: string;
  /** Adds one line; the newline is put by the file. May be buffered until `flush`. */
  write(line: string): Promise<void>;
  /** Durable on return (fsync). */
  flush(): Promise<void>;
  close(): Promise<void>;
}
