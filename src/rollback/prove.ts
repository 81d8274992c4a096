import { createHash } from "node:crypto";
import { Failure } from "../base/failure.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { ObjectVersion } from "../store/object-version.ts";
import type { ReadableStore } from "../store/versioned-store.ts";

/** What came of reading a version's bytes. */
export type Hashed =
  | { readonly kind: "hashed"; /** In hex. */ readonly sha256: string }
  | { readonly kind: "gone" }
  /** The store has the version and does not deliver it whole: archived, encrypted with another key, damaged, cut. */
  | { readonly kind: "unreadable"; readonly problem: string };

export type HashVersion = (version: ObjectVersion) => Promise<Hashed>;

/**
 * Hashes versions by streaming them, holding one chunk at a time. What the store cannot deliver (`store-misbehaves`) is
 * told apart from bytes that hash to something else; a refused key or a store that does not answer is a failure.
 */
export function versionHasher(store: ReadableStore, onBytes: (bytes: number) => void = () => undefined): HashVersion {
  return async (version) => {
    try {
      const content = await store.read(version.key, version.versionId);
      if (content === null) return { kind: "gone" };
      const hash = createHash("sha256");
      for await (const chunk of content.bytes) {
        hash.update(chunk);
        onBytes(chunk.byteLength);
      }
      return { kind: "hashed", sha256: hash.digest("hex") };
    } catch (error) {
      if (error instanceof Failure && error.kind === "store-misbehaves")
        return { kind: "unreadable", problem: error.problem };
      throw error;
    }
  };
}

/** Hashes that are remembered, some 300 bytes each; the oldest go first. */
const mostRemembered = 65_536;

/**
 * Hashes a version once and remembers it for a while: the same bytes are asked for before the first write and at their
 * stage. Memory does not grow with how many there are.
 */
export function rememberingHasher(store: ReadableStore): HashVersion {
  const hash = versionHasher(store);
  const known = new Map<string, Promise<Hashed>>();
  return async (version) => {
    const name = `${version.versionId} ${version.key}`;
    if (isNullVersion(version.versionId)) return await hash(version);
    const found = known.get(name) ?? hash(version);
    known.set(name, found);
    const [oldest] = known.size > mostRemembered ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    return await found;
  };
}

/** Whether two versions hold the same bytes, as far as they can be read. */
export type Sameness =
  | { readonly kind: "same" | "different" }
  | { readonly kind: "unreadable"; /** Which one, and why. */ readonly problem: string };

/** Compares sizes, then SHA-256. */
export async function sameness(a: ObjectVersion, b: ObjectVersion, hash: HashVersion): Promise<Sameness> {
  if (a.size !== b.size) return { kind: "different" };
  const [ofA, ofB] = [await hash(a), await hash(b)];
  if (ofA.kind === "hashed" && ofB.kind === "hashed") return { kind: ofA.sha256 === ofB.sha256 ? "same" : "different" };
  const [version, result] = ofA.kind === "hashed" ? [b, ofB] : [a, ofA];
  return { kind: "unreadable", problem: `version ${version.versionId} ${unread(result)}` };
}

/**
 * As `sameness`, for a version that may be a copy of `original` made by an earlier run. Where the journal says that such a
 * copy was asked for, size and ETag speak for it, as they do right after it is made: a run that goes on after thousands of
 * copies must not read them all. What they really hold is for `verifyRollback`.
 */
export async function samenessOfCopy(
  version: ObjectVersion,
  original: ObjectVersion,
  { wasAskedFor, hash }: { readonly wasAskedFor: boolean; readonly hash: HashVersion },
): Promise<Sameness> {
  const isAlike = version.size === original.size && version.etag === original.etag && version.etag !== "";
  return wasAskedFor && isAlike ? { kind: "same" } : await sameness(version, original, hash);
}

/** Why there is no hash of a version, as it follows the version's name. */
export function unread(hashed: Hashed): string {
  return hashed.kind === "unreadable" ? `cannot be read (${hashed.problem})` : "is gone";
}
