import { Failure } from "../base/failure.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { keyHistories } from "../history/key-history.ts";
import { currentRow } from "../history/state-at.ts";
import type { ObjectVersion } from "../store/object-version.ts";
import type { RestorableStore } from "../store/versioned-store.ts";

/** The most bytes that are read and put; beyond it the store has to copy. restic's packs are at most 128 MiB. */
const putLimit = 256 * 1024 * 1024;

/**
 * Gives the bytes of a version with the id `null` an id of their own, on top of its key. Reads and puts, since stores
 * refuse to copy what is current onto itself. Returns false where the store answers with the id `null` again: then
 * versioning is not Enabled, and what was written has the same bytes as what it replaced. Fails with
 * `store-misbehaves` where the version cannot be read.
 */
export async function giveOwnId(store: RestorableStore, version: ObjectVersion): Promise<boolean> {
  if (version.size > putLimit) {
    await store.copyForward(version);
    return await showsOwnId(store, version.key);
  }
  const content = await store.read(version.key, version.versionId);
  if (content === null) throw gone(version.key);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.bytes) chunks.push(chunk);
  const { versionId } = await store.put(version.key, joined(chunks));
  return versionId !== null && !isNullVersion(versionId);
}

async function showsOwnId(store: RestorableStore, key: ObjectKey): Promise<boolean> {
  for await (const history of keyHistories(store.listVersions(key))) {
    const current = history.key === key ? currentRow(history.rows) : null;
    if (current !== null) return !isNullVersion(current.versionId);
  }
  return false;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function gone(key: ObjectKey): Failure {
  return new Failure({
    kind: "store-misbehaves",
    action: "copy forward",
    subject: key,
    problem: "its version with the id null is not there any more",
    hint: "the bucket has changed since it was listed: plan again",
  });
}
