import { createHash } from "node:crypto";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { keyHistories, type KeyHistory } from "../history/key-history.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { ObjectVersion } from "../store/object-version.ts";
import type { ReadableStore } from "../store/versioned-store.ts";

type Histories = Pick<ReadableStore, "listVersions" | "read">;

/**
 * When each snapshot's object was first stored, by id, by the version history under `prefix`snapshots/; hidden ones too.
 * Where versions of one object differ, the first that hashes to its name; left out where none does, or where the key
 * may not read them. Fails as the store fails.
 */
export async function firstStored(store: Histories, prefix: string): Promise<ReadonlyMap<string, Instant>> {
  const found = new Map<string, Instant>();
  for await (const history of keyHistories(store.listVersions(`${prefix}snapshots/`))) {
    const object = repositoryObject(history.key.slice(prefix.length));
    const first = object.kind === "snapshots" ? await firstOf(store, history, object.sha256) : null;
    if (object.kind === "snapshots" && first !== null) found.set(object.sha256, first);
  }
  return found;
}

async function firstOf(store: Histories, { rows }: KeyHistory, sha256: string): Promise<Instant | null> {
  const oldestFirst = rows.filter((row) => row.kind === "version").toReversed();
  const [oldest] = oldestFirst;
  if (oldest === undefined) return null;
  if (oldestFirst.every((row) => isAlike(row, oldest))) return oldest.lastModified;
  for (const row of oldestFirst) if ((await hashOf(store, row)) === sha256) return row.lastModified;
  return null;
}

/** Whether two versions have the same bytes, as far as a listing tells. */
export function isAlike(a: ObjectVersion, b: ObjectVersion): boolean {
  return a.size === b.size && a.etag === b.etag;
}

/** Null for a version that is gone or that this key may not read: a monitor reads no object. */
async function hashOf(store: Histories, { key, versionId }: ObjectVersion): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    const content = await store.read(key, versionId);
    if (content === null) return null;
    for await (const bytes of content.bytes) hash.update(bytes);
    return hash.digest("hex");
  } catch (error) {
    if (error instanceof Failure && error.kind === "store-denied") return null;
    throw error;
  }
}
