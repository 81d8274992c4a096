import { openS3Store } from "../../../src/adapters/s3/s3-store.ts";
import type { LocalStore } from "../../../src/adapters/local-store/local-store.ts";
import { s3Access } from "../../stores/real-stores.ts";

/**
 * Every version and marker of a place as one line each, locks left out: equal before and after is what "nothing was
 * lost" means.
 */
export async function bucketHistory(local: LocalStore, place: string): Promise<readonly string[]> {
  const store = openS3Store(s3Access(local, local.owner, place));
  const prefix = `${place.slice(place.indexOf("/") + 1)}/`;
  const lines: string[] = [];
  for await (const page of store.listVersions(prefix)) {
    const rows = page.filter(({ key }) => !key.startsWith(`${prefix}locks/`));
    lines.push(...rows.map((row) => `${row.key} ${row.versionId} ${row.kind}`));
  }
  return lines;
}

/** The locks that stand now. */
export async function locksOf(local: LocalStore, place: string): Promise<readonly string[]> {
  const store = openS3Store(s3Access(local, local.owner, place));
  const locks: string[] = [];
  for await (const { key } of store.listCurrent(`${place.slice(place.indexOf("/") + 1)}/locks/`)) locks.push(key);
  return locks;
}

/** Waits until `look` gives something, at most a minute. */
export async function eventually<T>(look: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it did not come within a minute");
}
