import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { hasDebianPackages, unpackPackages } from "../../../src/adapters/debian-packages.ts";

/** Where tests keep what they have fetched. */
export const testCache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "holdfast");

const packages = ["openssh-server", "openssh-client", "rsync", "borgbackup", "btrfs-progs", "openssl"];
const architectures: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** Programs that lie in a folder made for one test, and are called with its path before their names. */
export interface RecipePrograms {
  /** Holds rsync, rrsync, ssh, ssh-keygen, sshd, borg, btrfs, mkfs.btrfs and openssl. */
  readonly bin: string;
  /** What a program needs that calls them by name. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Unpacks the packages into the cache; null where Debian packages cannot be had, and a failure where they could be. */
export async function fetchRecipePackages(): Promise<string | null> {
  if (!hasDebianPackages()) return null;
  const folder = path.join(testCache, "recipe-programs");
  mkdirSync(testCache, { recursive: true, mode: 0o700 });
  await unpackPackages({ packages, suite: null, withDependencies: true, folder });
  return folder;
}

/** Makes programs of unpacked packages that can be run though nothing is installed. */
export function layPrograms(root: string, folder: string): RecipePrograms {
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  const libraries = `${architectures[process.arch] ?? process.arch}-linux-gnu`;
  const environment = [
    `LD_LIBRARY_PATH=${path.join(root, "usr/lib", libraries)}:${path.join(root, "lib", libraries)}`,
    `PYTHONPATH=${path.join(root, "usr/lib/python3/dist-packages")}`,
    `BORG_BASE_DIR="\${BORG_BASE_DIR:-${path.join(folder, "borg")}}"`,
  ].join(" ");
  const names = ["rsync", "ssh", "ssh-keygen", "sshd", "borg", "btrfs", "mkfs.btrfs", "openssl"];
  for (const name of names) {
    const file = ["usr/bin", "usr/sbin", "bin", "sbin"].map((part) => path.join(root, part, name)).find(existsSync);
    if (file === undefined) throw new Error(`the packages hold no ${name}`);
    const interpreter = name === "borg" ? "/usr/bin/python3 " : "";
    writeProgram(path.join(bin, name), `#!/bin/sh\n${environment} exec ${interpreter}${file} "$@"\n`);
  }
  const rrsync = readFileSync(path.join(root, "usr/bin/rrsync"), "utf8");
  writeProgram(path.join(bin, "rrsync"), rrsync.replace(/^RSYNC = .*$/m, `RSYNC = '${path.join(bin, "rsync")}'`));
  return { bin, environment: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: folder, TZ: "UTC", LC_ALL: "C" } };
}

function writeProgram(file: string, text: string): void {
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

/** Whether a command of the machine's own can be run and ends well. */
export function canRun(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: "ignore" }).status === 0;
}
