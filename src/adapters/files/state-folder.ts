import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../../base/failure.ts";
import type {
  HeldLock,
  LineFile,
  LockHolder,
  ScratchFile,
  SealedFile,
  StateFolder,
  TextFile,
} from "../../base/state-folder.ts";
import { BufferedLineFile } from "./line-file.ts";
import { takeLock } from "./lock-file.ts";
import { makePrivateFolder, syncFolder } from "./private-folder.ts";
import { openScratchFile } from "./scratch-file.ts";
import { createSealedFile } from "./sealed-file.ts";
import { openTextFile } from "./text-file.ts";
import { unreadable } from "./unreadable.ts";
import { systemCode, unwritable } from "./unwritable.ts";

/**
 * The state folder at `root`, made (0700) where it is not there yet. Fails with `state-unwritable` where it cannot be
 * made, is not a folder, or is open to others.
 */
export async function openStateFolder(root: string): Promise<StateFolder> {
  await makePrivateFolder(root);
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
      if (systemCode(error) === "ENOENT") return null;
      throw unreadable(file, error);
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
      if (systemCode(error) === "ENOENT") return [];
      throw unwritable(this.pathOf(folder), error);
    }
  }

  async open(name: string): Promise<TextFile | null> {
    return await openTextFile(path.isAbsolute(name) ? name : this.pathOf(name));
  }

  async createSealed(name: string): Promise<SealedFile> {
    const file = this.pathOf(name);
    return await this.#inFolderOf(file, () => createSealedFile(file));
  }

  async scratch(): Promise<ScratchFile> {
    const file = this.pathOf(`scratch.${process.pid}.${randomBytes(8).toString("hex")}`);
    return await this.#inFolderOf(file, () => openScratchFile(file));
  }

  async lock(name: string): Promise<HeldLock | LockHolder> {
    const file = this.pathOf(name);
    return await this.#inFolderOf(file, () => takeLock(file));
  }

  async #open(name: string, flags: number): Promise<LineFile> {
    const file = this.pathOf(name);
    return await this.#inFolderOf(file, async () => new BufferedLineFile(file, await open(file, flags, 0o600)));
  }

  async #inFolderOf<T>(file: string, act: () => Promise<T>): Promise<T> {
    await makePrivateFolder(path.dirname(file));
    try {
      return await act();
    } catch (error) {
      throw error instanceof Failure ? error : unwritable(file, error);
    }
  }
}
