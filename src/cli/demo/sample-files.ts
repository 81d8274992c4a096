import { createHash } from "node:crypto";
import {
  access,
  appendFile,
  chmod,
  constants,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../base/failure.ts";
import { count, counted } from "../render/figures.ts";

/** How much a demo backs up at most, so that it ends within a minute whatever folder it is given. */
const mostFiles = 400;
const mostBytes = 40 * 1024 ** 2;
/** Of a single installed file: so the 400 are not a few big ones and many empty ones. */
const mostOfInstalled = 100 * 1024;
/** A folder may be a whole disk. */
const mostLookedAt = 20_000;

/** Where a demo finds real files without being told: the packages that stand beside the program, else the system's. */
const sources = [
  fileURLToPath(new URL("../../../node_modules", import.meta.url)),
  fileURLToPath(new URL("../node_modules", import.meta.url)),
  "/usr/share/doc",
  "/usr/share",
];

/** What a demo will back up, chosen before anything is started. */
export interface Sample {
  readonly folder: string;
  /** Full paths: 400 at most, of 40 MiB together. */
  readonly files: readonly string[];
  /** How many the folder holds that can be read, as far as was looked. */
  readonly found: number;
  /** The look ended before the folder did. */
  readonly isCut: boolean;
}

/**
 * Chooses real files, the largest that fit first, from `given` or from installed packages. Fails with `usage` when
 * `given` is no folder, or holds no file that can be read, or none that is small enough.
 */
export async function chooseSample(given: string | undefined): Promise<Sample> {
  if (given !== undefined) return await chooseFrom(given);
  for (const source of sources) {
    const sample = await look(source, mostOfInstalled);
    if (sample.files.length > 0) return sample;
  }
  throw cannotBackUp(sources.join(", "), "there is no file in them that can be read");
}

async function chooseFrom(given: string): Promise<Sample> {
  const folder = path.resolve(given);
  const problem = await readdir(folder).then(() => null, problemOf);
  if (problem !== null) throw cannotBackUp(given, problem);
  const sample = await look(folder, mostBytes);
  if (sample.files.length > 0) return sample;
  throw cannotBackUp(
    given,
    sample.found === 0
      ? "there is no file in it that can be read"
      : "each file in it is larger than the 40 MiB that a demo takes",
  );
}

function problemOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "there is no such folder";
  if (error.code === "ENOTDIR") return "it is no folder";
  return `it cannot be read (${error.code ?? error.message})`;
}

function cannotBackUp(subject: string, problem: string): Failure {
  return new Failure({
    kind: "usage",
    action: "back up",
    subject,
    problem,
    hint: "name a folder with files, or none at all: holdfast demo",
  });
}

async function look(folder: string, mostOfOne: number): Promise<Sample> {
  const all: { readonly file: string; readonly size: number }[] = [];
  let isCut = false;
  for await (const file of walk(folder)) {
    if ((isCut = all.length >= mostLookedAt)) break;
    if (await isReadable(file)) all.push({ file, size: (await stat(file)).size });
  }
  let left = mostBytes;
  const files: string[] = [];
  for (const { file, size } of all.toSorted((a, b) => b.size - a.size)) {
    if (files.length >= mostFiles || size > Math.min(left, mostOfOne)) continue;
    left -= size;
    files.push(file);
  }
  return { folder, files, found: all.length, isCut };
}

async function isReadable(file: string): Promise<boolean> {
  return await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** `12 files`, or `400 of 901 files` where not all were taken. */
export function sampleWords({ files, found, isCut }: Sample): string {
  if (files.length === found && !isCut) return counted(found, "file");
  return `${count(files.length)} of ${isCut ? "more than " : ""}${counted(found, "file")}`;
}

/** Copies the chosen files into `target`; the copies may be written to whatever the originals may. */
export async function copySample({ folder, files }: Sample, target: string): Promise<void> {
  for (const file of files) {
    const copy = path.join(target, path.relative(folder, file));
    await mkdir(path.dirname(copy), { recursive: true });
    await copyFile(file, copy);
    await chmod(copy, 0o600);
  }
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
