import { createHash } from "node:crypto";
import { Failure } from "../base/failure.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { DeleteMarker, ObjectVersion } from "../store/object-version.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import type { BringBack } from "./decide.ts";
import type { Proof } from "./step.ts";

/** What looking at the bytes of a key's versions has shown. */
export type Proven =
  | {
      readonly kind: "found";
      /** The version whose bytes are right; not always the one that order and dates point to. */
      readonly version: ObjectVersion;
      readonly proof: Proof;
      /** What the proof rests on, in a few words. */
      readonly reason: string;
      /** Whether the newest data version of the key has the same bytes, so that none need be moved. */
      readonly isNewestRight: boolean;
      /** A marker that the wrong version at T covers: without that version the key would read as deleted at T. */
      readonly markerBelow: DeleteMarker | null;
    }
  | { readonly kind: "lost"; readonly reason: string };

/** The SHA-256 of a version's bytes in hex; null where they are gone or cannot be read. */
export type HashVersion = (version: ObjectVersion) => Promise<string | null>;

/**
 * Hashes versions by streaming them, holding one chunk at a time. A version that is gone, or that the store cannot
 * deliver whole (`store-misbehaves`), has no hash; a refused key or a store that does not answer is a failure.
 */
export function versionHasher(store: ReadableStore, onBytes: (bytes: number) => void = () => undefined): HashVersion {
  return async (version) => {
    try {
      const content = await store.read(version.key, version.versionId);
      if (content === null) return null;
      const hash = createHash("sha256");
      for await (const chunk of content.bytes) {
        hash.update(chunk);
        onBytes(chunk.byteLength);
      }
      return hash.digest("hex");
    } catch (error) {
      if (error instanceof Failure && error.kind === "store-misbehaves") return null;
      throw error;
    }
  };
}

/** Hashes each version once and remembers: the same bytes are asked for before the first write and at their stage. */
export function rememberingHasher(store: ReadableStore): HashVersion {
  const hash = versionHasher(store);
  const known = new Map<string, Promise<string | null>>();
  return async (version) => {
    const name = `${version.versionId} ${version.key}`;
    if (isNullVersion(version.versionId)) return await hash(version);
    const found = known.get(name) ?? hash(version);
    known.set(name, found);
    return await found;
  };
}

/**
 * Looks for the right version of a key that is to be brought back.
 *
 * In a restic repository the name says the content: under `data/`, `index/`, `snapshots/` and `keys/` the right version
 * is the one whose bytes hash to the name, whatever its date. `config` is proven by `recordedConfigHash`, else it is
 * `sole` where it never had another data version. Versions are read only as far as needed; one whose size differs from
 * the right version's is not read at all.
 */
export async function proveKey(item: BringBack, hash: HashVersion, recordedConfigHash: string | null): Promise<Proven> {
  const { object } = item;
  if ("sha256" in object) return await proveByName(item, object.sha256, hash);
  if (object.kind === "config") return await proveConfig(item, hash, recordedConfigHash);
  return await unprovable(item, { proof: "none", reason: "not restic's, nothing can prove it" }, hash);
}

async function proveByName(item: BringBack, name: string, hash: HashVersion): Promise<Proven> {
  if ((await hash(item.wanted)) === name) {
    const isNewestRight = await isTwin(newestData(item), { of: item.wanted, sha256: name }, hash);
    return {
      kind: "found",
      version: item.wanted,
      proof: "sha256",
      reason: "bytes hash to the name",
      isNewestRight,
      markerBelow: null,
    };
  }
  const place = item.rows.indexOf(item.wanted);
  const [newer, older] = [item.rows.slice(0, place), item.rows.slice(place + 1)];
  const others = [...older, ...newer].filter((row) => row.kind === "version");
  for (const version of others) {
    if ((await hash(version)) !== name) continue;
    const reason = `bytes hash to the name; those of the version at T (${item.wanted.versionId}) do not`;
    const below = older.slice(0, older.includes(version) ? older.indexOf(version) : older.length);
    const markerBelow = below.find((row) => row.kind === "marker") ?? null;
    const isNewestRight = await isTwin(newestData(item), { of: version, sha256: name }, hash);
    return { kind: "found", version, proof: "sha256", reason, isNewestRight, markerBelow };
  }
  return { kind: "lost", reason: `none of its ${others.length + 1} versions hashes to the name` };
}

async function proveConfig(item: BringBack, hash: HashVersion, recorded: string | null): Promise<Proven> {
  const sha256 = recorded === null ? null : await hash(item.wanted);
  if (recorded !== null && sha256 === recorded) {
    const isNewestRight = await isTwin(newestData(item), { of: item.wanted, sha256: recorded }, hash);
    return {
      kind: "found",
      version: item.wanted,
      proof: "sha256",
      reason: "bytes hash as recorded",
      isNewestRight,
      markerBelow: null,
    };
  }
  // Not replaced by a version that does hash as recorded: `restic migrate` rewrites config, and packs may need the new one.
  if (recorded !== null) return await unprovable(item, { proof: "none", reason: "does not hash as recorded" }, hash);
  const isSole = dataVersions(item).length === 1;
  if (isSole) return await unprovable(item, { proof: "sole", reason: "never had another version" }, hash);
  return await unprovable(item, { proof: "none", reason: "had other versions, and no hash was recorded" }, hash);
}

async function unprovable(
  item: BringBack,
  found: { readonly proof: Proof; readonly reason: string },
  hash: HashVersion,
): Promise<Proven> {
  const newest = newestData(item);
  if (newest === item.wanted || newest?.size !== item.wanted.size) {
    return { kind: "found", version: item.wanted, ...found, isNewestRight: newest === item.wanted, markerBelow: null };
  }
  const sha256 = await hash(item.wanted);
  if (sha256 === null) return { kind: "lost", reason: "the version at T cannot be read" };
  const isNewestRight = await isTwin(newest, { of: item.wanted, sha256 }, hash);
  return { kind: "found", version: item.wanted, ...found, isNewestRight, markerBelow: null };
}

async function isTwin(
  version: ObjectVersion | null,
  right: { readonly of: ObjectVersion; readonly sha256: string },
  hash: HashVersion,
): Promise<boolean> {
  if (version === right.of) return true;
  return version !== null && version.size === right.of.size && (await hash(version)) === right.sha256;
}

function dataVersions(item: BringBack): readonly ObjectVersion[] {
  return item.rows.filter((row) => row.kind === "version");
}

function newestData(item: BringBack): ObjectVersion | null {
  return item.rows.find((row) => row.kind === "version") ?? null;
}
