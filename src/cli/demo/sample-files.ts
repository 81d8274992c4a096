import { createHash } from "node:crypto";
import { appendFile, copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../base/failure.ts";

/** How much a demo backs up at most, so that it ends within a minute whatever folder it is given: 400 files, 40 MiB. */
const mostFiles = 400;
const mostOfOne = 100 * 1024;
/** A folder may be a whole disk. */
const mostLookedAt = 20_000;

/** Where a demo finds real files without being told: the packages that stand beside the program, else the system's. */
const sources = [
  fileURLToPath(new URL("../../../node_modules", import.meta.url)),
  fileURLToPath(new URL("../node_modules", import.meta.url)),
  "/usr/share/doc",
  "/usr/share",
];

/**
 * Copies real files into `target`, up to 400 files of up to 100 KiB, from `given` or from installed packages. Fails with
 * `usage` when `given` is no folder or holds no file that can be read.
 */
export async function copySampleFiles(given: string | undefined, target: string): Promise<void> {
  const candidates = given === undefined ? sources : [path.resolve(given)];
  for (const source of candidates) {
    if ((await copySome(source, target)) > 0) return;
  }
  throw new Failure({
    kind: "usage",
    action: "back up",
    subject: candidates.join(", "),
    problem: "there is no file in it that can be read",
    hint: "name a folder with files: holdfast demo FOLDER",
  });
}

/** The largest files that are not huge: enough bytes for several packs, and hundreds of files. */
async function copySome(source: string, target: string): Promise<number> {
  const all: { readonly file: string; readonly size: number }[] = [];
  for await (const file of walk(source)) {
    const { size } = await stat(file);
    if (size <= mostOfOne && all.push({ file, size }) >= mostLookedAt) break;
  }
  const chosen = all.toSorted((a, b) => b.size - a.size).slice(0, mostFiles);
  for (const { file } of chosen) {
    const copy = path.join(target, path.relative(source, file));
    await mkdir(path.dirname(copy), { recursive: true });
    await copyFile(file, copy);
  }
  return chosen.length;
}

/** Changes, adds and removes files, so that a second backup has something to say. */
export async function changeSomeFiles(folder: string): Promise<void> {
  const files = await filesOf(folder);
  for (const [index, file] of files.entries()) {
    if (index % 20 === 0) await appendFile(path.join(folder, file), "\nchanged before the second backup\n");
    if (index % 50 === 7) await rm(path.join(folder, file));
  }
  await writeFile(path.join(folder, "notes.txt"), "written before the second backup\n");
}

/** The files under `folder`, by their path from it, sorted. */
export async function filesOf(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const file of walk(folder)) found.push(path.relative(folder, file));
  return found.sort();
}

async function* walk(folder: string): AsyncIterable<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else if (entry.isFile()) yield full;
  }
}

export interface FolderComparison {
  readonly files: number;
  readonly bytes: number;
  /** Paths that differ, or stand on one side only. */
  readonly differing: readonly string[];
}

/** Compares two folders byte by byte, by the SHA-256 of each file. */
export async function compareFolders(original: string, restored: string): Promise<FolderComparison> {
  const [left, right] = await Promise.all([filesOf(original), filesOf(restored)]);
  const all = [...new Set([...left, ...right])];
  const differing: string[] = [];
  let bytes = 0;
  for (const file of all) {
    const [a, b] = await Promise.all([hashOf(path.join(original, file)), hashOf(path.join(restored, file))]);
    if (a === null || b === null || a.hash !== b.hash) differing.push(file);
    bytes += a?.size ?? 0;
  }
  return { files: left.length, bytes, differing };
}

async function hashOf(file: string): Promise<{ readonly hash: string; readonly size: number } | null> {
  const content = await readFile(file).catch(() => null);
  return content === null ? null : { hash: createHash("sha256").update(content).digest("hex"), size: content.length };
}
