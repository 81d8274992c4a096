import { createHash, randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { instantFromMilliseconds } from "../../base/instant.ts";
import type { HeldLock, LockHolder } from "../../base/state-folder.ts";
import { mayBeRunning, ownIdentity } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { systemCode, unwritable } from "./unwritable.ts";

/**
 * Takes the lock `file` for this process or tells who holds it.
 *
 * A lock appears under its name with all that it says (link fails where the name exists). One that a dead process left
 * is replaced only by whoever holds the right to do so, which is a lock of its own, named after the very lock that is to
 * be replaced. So of two that find the same dead lock only one replaces it, and one that comes late finds another lock
 * there and looks again. A process that dies while it replaces leaves that right behind as a dead lock like any other.
 */
export async function takeLock(file: string): Promise<HeldLock | LockHolder> {
  const draft = `${file}.${randomBytes(8).toString("hex")}`;
  try {
    const own = { ...(await ownIdentity()), since: Date.now(), token: randomBytes(8).toString("hex") };
    await writeFile(draft, JSON.stringify(own), { flag: "wx", mode: 0o600 });
    const holder = await take(file, draft);
    if (holder !== null) return { kind: "taken", pid: holder.pid, since: instantFromMilliseconds(holder.since) };
    return { kind: "held", release: () => release(file, own.token) };
  } catch (error) {
    throw unwritable(file, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

interface LockText extends ProcessIdentity {
  readonly since: number;
  /** Another one for every lock. */
  readonly token: string;
}

/** Null where `file` holds the draft now, else who holds it. */
async function take(file: string, draft: string): Promise<LockText | null> {
  for (;;) {
    if (await isLinked(draft, file)) return null;
    const text = await textOf(file);
    if (text === null) continue;
    const holder = lockText(text);
    if (holder !== null && (await mayBeRunning(holder))) return holder;
    const right = `${file}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    const rival = await take(right, draft);
    if (rival !== null) return rival;
    if ((await textOf(file)) === text) {
      await rename(right, file);
      return null;
    }
    await rm(right);
  }
}

async function release(file: string, token: string): Promise<void> {
  try {
    const text = await textOf(file);
    if (text !== null && lockText(text)?.token === token) await rm(file);
  } catch (error) {
    throw unwritable(file, error);
  }
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Null for what no lock says: nobody alive ever left it so, since a lock appears whole. */
function lockText(text: string): LockText | null {
  try {
    const { pid, boot, namespace, started, since, token } = JSON.parse(text) as Partial<
      Record<keyof LockText, unknown>
    >;
    const isWhole = typeof pid === "number" && typeof since === "number" && typeof token === "string";
    if (!isWhole) return null;
    return {
      pid,
      since,
      token,
      boot: textOrNull(boot),
      namespace: textOrNull(namespace),
      started: textOrNull(started),
    };
  } catch {
    return null;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
