import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { hasDebianPackages, unpackPackages } from "../../src/adapters/debian-packages.ts";

export interface Answer {
  readonly code: number | null;
  /** Both streams. */
  readonly text: string;
}

/** A machine of files only: systemd's own units, ours, and programs that do nothing under the names our units start. */
export interface UnitMachine {
  /** Puts a unit there, or another text under its name. */
  write(unit: string, text: string): void;
  verify(unit: string): Answer;
  /** Fails above `threshold`, in tenths of systemd's exposure level. */
  security(unit: string, threshold: number): Answer;
  remove(): Promise<void>;
}

const programs = ["usr/local/bin/holdfast", "bin/sh", "usr/bin/sh"];

/** Null where this machine neither has systemd-analyze nor packages to take it from. */
export async function openUnitMachine(unitFolder: string): Promise<UnitMachine | null> {
  const systemd = await findSystemd();
  if (systemd === null) return null;
  const root = mkdtempSync(path.join(tmpdir(), "hf-units-"));
  const units = path.join(root, "etc/systemd/system");
  const own = [path.join(systemd, "usr/lib/systemd/system"), path.join(systemd, "lib/systemd/system")].find(existsSync);
  if (own === undefined) throw new Error(`there are no units under ${systemd}`);
  cpSync(own, path.join(root, "usr/lib/systemd/system"), { recursive: true, verbatimSymlinks: true });
  cpSync(unitFolder, units, { recursive: true });
  for (const program of programs) {
    const file = path.join(root, program);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, 0o755);
  }
  return {
    write: (unit, text) => writeFileSync(path.join(units, unit), text),
    verify: (unit) => analyze(systemd, [`--root=${root}`, "--man=no", "verify", unit]),
    security: (unit, threshold) =>
      analyze(systemd, ["security", "--offline=true", `--threshold=${threshold}`, path.join(units, unit)]),
    remove: async () => await rm(root, { recursive: true, force: true }),
  };
}

/** The folder that systemd lies in: the machine's root, or where its packages are unpacked. */
async function findSystemd(): Promise<string | null> {
  if (existsSync("/usr/bin/systemd-analyze")) return "/";
  if (!hasDebianPackages()) return null;
  const cache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "holdfast");
  const folder = path.join(cache, "systemd-own");
  await unpackPackages({ packages: ["systemd"], suite: null, withDependencies: true, folder });
  return folder;
}

function analyze(systemd: string, words: readonly string[]): Answer {
  const searched = ["usr/lib/x86_64-linux-gnu/systemd", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
    .map((folder) => path.join(systemd, folder))
    .join(":");
  const { status, stdout, stderr, error } = spawnSync(path.join(systemd, "usr/bin/systemd-analyze"), words, {
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", ...(systemd === "/" ? {} : { LD_LIBRARY_PATH: searched }) },
  });
  if (error !== undefined) throw error;
  return { code: status, text: stdout + stderr };
}
