import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { keyHistoryPages, type KeyHistory } from "../history/key-history.ts";
import { shardedHistory } from "../history/shards.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { isAlike } from "./first-stored.ts";

/** Objects that had other bytes written over them. restic never does that: each name is the hash of its bytes. */
export interface OverwrittenData {
  readonly total: number;
  /** Those whose newest other version is dated after `since`. */
  readonly lately: number;
  /** One of those of lately, else of all. */
  readonly example: ObjectKey | null;
}

export interface OverwrittenRequest {
  readonly store: Pick<ReadableStore, "listVersions">;
  readonly prefix: string;
  /** The last run that no rail held; null counts all as of lately. */
  readonly since: Instant | null;
  readonly signal: AbortSignal;
}

/**
 * Counts, by the whole version history of data, indexes, snapshots and keys, the objects of which two versions differ in
 * size or ETag. Versions that were replaced in place (MinIO) or destroyed leave no trace here. Holds one page at a time;
 * fails as the store fails.
 */
export async function overwrittenData({ store, prefix, since, signal }: OverwrittenRequest): Promise<OverwrittenData> {
  const found = { total: 0, lately: 0, example: null as ObjectKey | null };
  const pages = shardedHistory(store, { prefix, connections: 8, signal });
  for await (const page of keyHistoryPages(pages)) {
    for (const history of page) {
      const at = overwrittenAt(history, prefix);
      if (at === null) continue;
      const isLate = since === null || at > since;
      if (found.example === null || (isLate && found.lately === 0)) found.example = history.key;
      found.total += 1;
      found.lately += isLate ? 1 : 0;
    }
  }
  return found;
}

const named: ReadonlySet<string> = new Set(["data", "index", "snapshots", "keys"]);

/** The newest date of a version that lies on one of other bytes; null where all are alike. */
function overwrittenAt({ key, rows }: KeyHistory, prefix: string): Instant | null {
  if (rows.length < 2 || !named.has(repositoryObject(key.slice(prefix.length)).kind)) return null;
  const versions = rows.filter((row) => row.kind === "version");
  let newest: Instant | null = null;
  for (const [index, row] of versions.entries()) {
    const below = versions[index + 1];
    if (below === undefined || isAlike(row, below)) continue;
    if (newest === null || row.lastModified > newest) newest = row.lastModified;
  }
  return newest;
}
