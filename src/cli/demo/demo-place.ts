import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const begin = "holdfast-demo-";
const recordName = "demo.json";
/** Unix sockets stand under the folder, and their paths may have 108 characters at most. */
const longestTemporary = 48;

/** The one folder that a demo writes to: its store, its files, its configuration and its state. */
export interface DemoPlace {
  readonly folder: string;
  /** Leaves the folder and what runs in it where they are; a later demo then leaves them too. */
  keep(): void;
  /** Kills whatever still runs in the folder and removes it. Also done, unasked, at whatever exit of this process. */
  clear(): void;
}

/** Clears what a killed demo of this user left, then makes a new place. */
export function openDemoPlace(): { readonly place: DemoPlace; readonly cleared: number } {
  const parent = tmpdir().length > longestTemporary ? "/tmp" : tmpdir();
  const cleared = clearLeftOvers(parent);
  const folder = mkdtempSync(path.join(parent, begin));
  let isKept = false;
  const clear = (): void => {
    if (!isKept) clearFolder(folder);
  };
  const record = (fields: object): void => {
    writeFileSync(
      path.join(folder, recordName),
      JSON.stringify({ pid: process.pid, began: startOf(process.pid), ...fields }),
    );
  };
  record({ kept: false });
  process.on("exit", clear);
  return {
    cleared,
    place: {
      folder,
      keep: () => {
        isKept = true;
        record({ kept: true });
      },
      clear: () => {
        process.off("exit", clear);
        clear();
      },
    },
  };
}

function clearLeftOvers(parent: string): number {
  const left = readdirSync(parent)
    .filter((name) => name.startsWith(begin))
    .map((name) => path.join(parent, name))
    .filter((folder) => isOurs(folder) && isAbandoned(folder));
  for (const folder of left) clearFolder(folder);
  return left.length;
}

function isOurs(folder: string): boolean {
  try {
    return statSync(folder).uid === process.getuid?.();
  } catch {
    return false;
  }
}

function isAbandoned(folder: string): boolean {
  try {
    const record = JSON.parse(readFileSync(path.join(folder, recordName), "utf8")) as Readonly<Record<string, unknown>>;
    const pid = Number(record["pid"]);
    // A pid comes round again; its start does not.
    return record["kept"] !== true && startOf(pid) !== record["began"];
  } catch {
    // A demo writes its record at once after making the folder: a folder that has been without one for a minute is dead.
    return Date.now() - statSync(folder).mtimeMs > 60_000;
  }
}

/** When a process began, in the kernel's ticks; null where there is none. */
function startOf(pid: number): string | null {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ")[19] ?? null
    );
  } catch {
    try {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
    } catch {
      return null;
    }
  }
}

/** Synchronous, for it is also done as the process exits. */
function clearFolder(folder: string): void {
  for (const pid of processesIn(folder)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between the look and the kill.
    }
  }
  for (let tries = 0; processesIn(folder).length > 0 && tries < 100; tries++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** The processes whose command line names the folder: every part of a demo's store does. */
function processesIn(folder: string): readonly number[] {
  const pids = readdirSync("/proc", "utf8").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    if (pid === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${folder}/`);
    } catch {
      return false;
    }
  });
}
