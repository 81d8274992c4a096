import { objectKey, type ObjectKey } from "../../src/base/object-key.ts";
import type { DeleteMarker, HistoryRow, ObjectVersion } from "../../src/store/object-version.ts";
import type { ObjectContent, PurgingStore, ReadableStore } from "../../src/store/versioned-store.ts";
import type { Operator } from "./operator.ts";

/** An empty bucket of the store under test. */
export interface Bucket {
  readonly store: PurgingStore;
  /** The same bucket, listed in pages of that many rows. */
  readonly inPagesOf: (rows: number) => PurgingStore;
  readonly suspendVersioning: () => Promise<void>;
  readonly operator: Operator;
}

export interface StoreUnderTest {
  /** Versioning is not turned on yet. */
  readonly makeBucket: () => Promise<Bucket>;
  /** Keys that this store refuses or does not keep as they are. */
  readonly otherKeys: readonly string[];
}

export async function versionedBucket(under: StoreUnderTest): Promise<Bucket> {
  const bucket = await under.makeBucket();
  await bucket.store.enableVersioning();
  return bucket;
}

export const key = (text: string): ObjectKey => objectKey(text);
export const bytes = (text: string): Uint8Array => Buffer.from(text);

export async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export async function rowsOf(store: ReadableStore, prefix = ""): Promise<readonly HistoryRow[]> {
  return (await all(store.listVersions(prefix))).flat();
}

export async function versionsOf(store: ReadableStore, prefix = ""): Promise<readonly ObjectVersion[]> {
  return (await rowsOf(store, prefix)).filter((row) => row.kind === "version");
}

export async function markersOf(store: ReadableStore, prefix = ""): Promise<readonly DeleteMarker[]> {
  return (await rowsOf(store, prefix)).filter((row) => row.kind === "marker");
}

export async function currentKeys(store: ReadableStore, prefix = ""): Promise<readonly string[]> {
  return (await all(store.listCurrent(prefix))).map((each) => each.key);
}

export async function textOf(content: ObjectContent | null): Promise<string | null> {
  if (content === null) return null;
  return Buffer.concat(await all(content.bytes)).toString();
}

/** What a read of the key answers with, as text. */
export async function textAt(store: ReadableStore, name: string): Promise<string | null> {
  return await textOf(await store.read(key(name), null));
}

/** `a marker latest`, `a version`. */
export function shapeOf(rows: readonly HistoryRow[]): readonly string[] {
  return rows.map((row) => `${row.key} ${row.kind}${row.isLatest ? " latest" : ""}`);
}
