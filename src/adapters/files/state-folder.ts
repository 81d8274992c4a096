import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../../base/failure.ts";
import type { LineFile, StateFolder } from "../../base/state-folder.ts";

/** How much a line file holds back before it writes, in bytes. */
const bufferSize = 64 * 1024;

/**
 * The state folder at `root`, made (0700) where it is not there yet. Fails with `state-unwritable` where it cannot be
 * made, is not a folder, or is open to others.
 */
export async function openStateFolder(root: string): Promise<StateFolder> {
  await makeFolder(root);
  return new FileStateFolder(path.resolve(root));
}

class FileStateFolder implements StateFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  pathOf(name: string): string {
    const full = path.resolve(this.#root, name);
    if (full !== this.#root && !full.startsWith(`${this.#root}${path.sep}`))
      throw new RangeError(`${name} leaves the state folder`);
    return full;
  }

  async read(name: string): Promise<string | null> {
    const file = this.pathOf(name);
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return null;
      throw new Failure({
        kind: "damaged-file",
        action: "read",
        subject: file,
        problem: `the system says ${codeOf(error)}`,
        hint: "check the file and its permissions",
        cause: error,
      });
    }
  }

  async replace(name: string, text: string): Promise<void> {
    const file = this.pathOf(name);
    const temporary = `${file}.${process.pid}.new`;
    await this.#inFolderOf(file, async () => {
      const handle = await open(temporary, "w", 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
      await syncFolder(path.dirname(file));
    }).catch(async (error: unknown) => {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    });
  }

  async create(name: string): Promise<LineFile> {
    return await this.#open(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
  }

  async append(name: string): Promise<LineFile> {
    return await this.#open(name, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND);
  }

  async list(folder: string): Promise<readonly string[]> {
    try {
      return (await readdir(this.pathOf(folder))).sort();
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw unwritable(this.pathOf(folder), error);
    }
  }

  async #open(name: string, flags: number): Promise<LineFile> {
    const file = this.pathOf(name);
    return await this.#inFolderOf(file, async () => new BufferedLineFile(file, await open(file, flags, 0o600)));
  }

  async #inFolderOf<T>(file: string, act: () => Promise<T>): Promise<T> {
    await makeFolder(path.dirname(file));
    try {
      return await act();
    } catch (error) {
      throw error instanceof Failure ? error : unwritable(file, error);
    }
  }
}

/** Lines held back up to 64 KiB, then written, in the order of the calls; durable after `flush`. */
export class BufferedLineFile implements LineFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #held: string[] = [];
  #size = 0;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(file: string, handle: FileHandle) {
    this.path = file;
    this.#handle = handle;
  }

  async write(line: string): Promise<void> {
    this.#held.push(line, "\n");
    this.#size += line.length + 1;
    if (this.#size >= bufferSize) await this.#pass();
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
    const text = this.#held.join("");
    this.#held = [];
    this.#size = 0;
    if (text !== "") this.#lastWrite = this.#lastWrite.then(() => this.#guarded(() => this.#handle.writeFile(text)));
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

async function makeFolder(folder: string): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) await chmod(folder, 0o700);
    const { mode } = await stat(folder);
    if ((mode & 0o077) !== 0) throw openToOthers(folder);
  } catch (error) {
    throw error instanceof Failure ? error : unwritable(folder, error);
  }
}

/** A rename is durable only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EACCES: "it is not ours to write",
  EPERM: "it is not ours to write",
  EROFS: "the file system is read-only",
  EEXIST: "it is there already",
  ENOTDIR: "a part of the path is no folder",
  EFBIG: "the file may not grow any larger",
};

/** What a file that cannot be written becomes, whatever the system called it. */
export function unwritable(file: string, error: unknown): Failure {
  const code = codeOf(error);
  return new Failure({
    kind: "state-unwritable",
    action: "write",
    subject: file,
    problem: reasons[code] ?? `the system says ${code}`,
    hint: "make room or rights there, or name another folder: --state-dir DIR; then run the same again",
    cause: error,
  });
}

function openToOthers(folder: string): Failure {
  return new Failure({
    kind: "state-unwritable",
    action: "keep state in",
    subject: folder,
    problem: "others on this machine may read it",
    hint: `chmod 700 ${folder}`,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
