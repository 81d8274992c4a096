import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/** How many files stand under a folder and how many bytes they have; nothing for a folder that is not there. */
export async function folderContents(folder: string): Promise<{ readonly files: number; readonly bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  return { files: files.length, bytes };
}
