import { readFile, readlink } from "node:fs/promises";

/**
 * What tells one run of a process from every other, a later one with the same pid included. The fields that the system
 * does not tell are null: only Linux tells all of them (proc(5)).
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Changes with every start of the machine. */
  readonly boot: string | null;
  /** Which container the pid counts in. */
  readonly namespace: string | null;
  /** In the system's own ticks since the machine started. */
  readonly started: string | null;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const [boot, namespace, status] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => null),
    readlink("/proc/self/ns/pid").catch(() => null),
    processStatus(process.pid),
  ]);
  return { pid: process.pid, boot: boot?.trim() ?? null, namespace, started: status?.started ?? null };
}

/** Whether that process may still run. True also where it cannot be told, as of another container's. */
export async function mayBeRunning(other: ProcessIdentity): Promise<boolean> {
  const own = await ownIdentity();
  if (other.boot !== own.boot) return false;
  if (other.namespace !== own.namespace) return true;
  if (own.started === null) return answersSignals(other.pid);
  const status = await processStatus(other.pid);
  return status?.started === other.started && !status.isOver;
}

/** Null where there is no such process, or the system has no /proc. */
async function processStatus(
  pid: number,
): Promise<{ readonly started: string | null; readonly isOver: boolean } | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  // The second field is the program's name in brackets and may hold anything; state is the third, starttime the 22nd.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { started: fields[19] ?? null, isOver: fields[0] === "Z" || fields[0] === "X" };
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
