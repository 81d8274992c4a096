import { constants } from "node:fs";
import { chmod, mkdir, open, stat } from "node:fs/promises";
import { Failure } from "../../base/failure.ts";
import { unwritable } from "./unwritable.ts";

/** Makes a folder, and those above it, for our eyes only (0700). `state-unwritable` where one is there that others may read. */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) await chmod(folder, 0o700);
    const { mode } = await stat(folder);
    if ((mode & 0o077) !== 0) throw openToOthers(folder);
  } catch (error) {
    throw error instanceof Failure ? error : unwritable(folder, error);
  }
}

/** A new name, or a rename, is durable only once its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
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
