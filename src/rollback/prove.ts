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

/** Hashes each version once and remembers: the same bytes are asked for before the first write and at their stage. */
export function rememberingHasher(store: ReadableStore): HashVersion {
  const hash = versionHasher(store);
  const known = new Map<string, Promise<Hashed>>();
  return async (version) => {
    const name = `${version.versionId} ${version.key}`;
    if (isNullVersion(version.versionId)) return await hash(version);
    const found = known.get(name) ?? hash(version);
    known.set(name, found);
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

/** Why there is no hash of a version, as it follows the version's name. */
export function unread(hashed: Hashed): string {
  return hashed.kind === "unreadable" ? `cannot be read (${hashed.problem})` : "is gone";
}

/** What can prove a key apart from its name. */
export interface ProofMeans {
  /** The SHA-256 of `config` that init recorded, in hex; null where there is none. */
  readonly recordedConfigHash: string | null;
  /** Whether a client can forge dates, or replace a version in place. */
  readonly historyForgeable: boolean;
}

/**
 * Looks for the right version of a key that is to be brought back, or whose place in the history proves nothing.
 *
 * In a restic repository the name says the content: under `data/`, `index/`, `snapshots/` and `keys/` the right version
 * is the one whose bytes hash to the name, whatever its date. `config` is proven by `recordedConfigHash`, else it is
 * `sole` where it never had another data version. Versions are read only as far as needed; one whose size differs from
 * the right version's is not read at all.
 */
export async function proveKey(item: BringBack, hash: HashVersion, means: ProofMeans): Promise<Proven> {
  const { object } = item;
  if ("sha256" in object) return await proveByHash(item, { sha256: object.sha256, as: "to the name" }, hash);
  if (object.kind === "config") return await proveConfig(item, hash, means);
  return await unprovable(item, { proof: "none", reason: "not restic's, nothing can prove it" }, hash);
}

/** The hash that the right bytes have, and how to say so: `hash to the name`. */
interface Wanted {
  readonly sha256: string;
  readonly as: "to the name" | "as recorded";
}

async function proveByHash(item: BringBack, { sha256, as }: Wanted, hash: HashVersion): Promise<Proven> {
  const place = item.rows.indexOf(item.wanted);
  const [newer, older] = [item.rows.slice(0, place), item.rows.slice(place + 1)];
  const versions = [item.wanted, ...older, ...newer].filter((row) => row.kind === "version");
  const wrong: { readonly version: ObjectVersion; readonly hashed: Hashed }[] = [];
  for (const version of versions) {
    const hashed = await hash(version);
    if (hashed.kind !== "hashed" || hashed.sha256 !== sha256) {
      wrong.push({ version, hashed });
      continue;
    }
    const isNewestRight = await isTwin(newestData(item), { of: version, sha256 }, hash);
    const found = { kind: "found", version, proof: "sha256", isNewestRight } as const;
    const [atT] = wrong;
    if (atT === undefined) return { ...found, reason: `bytes hash ${as}`, markerBelow: null };
    const { versionId } = item.wanted;
    const isDifferent = atT.hashed.kind === "hashed";
    const but = isDifferent
      ? `those of the version at T (${versionId}) do not`
      : `the version at T (${versionId}) ${unread(atT.hashed)}`;
    const below = older.slice(0, older.includes(version) ? older.indexOf(version) : older.length);
    const markerBelow = below.find((row) => row.kind === "marker") ?? null;
    return { ...found, reason: `bytes hash ${as}; ${but}`, markerBelow };
  }
  return { kind: "lost", reason: whyLost(wrong, as) };
}

/** Bytes that are wrong and bytes that cannot be read are told apart: only the first speak of tampering. */
function whyLost(
  wrong: readonly { readonly version: ObjectVersion; readonly hashed: Hashed }[],
  as: Wanted["as"],
): string {
  const unreadable = wrong.filter(({ hashed }) => hashed.kind !== "hashed");
  if (unreadable.length === 0) return `none of its ${wrong.length} versions hashes ${as}`;
  const named = unreadable.slice(0, 3).map(({ version, hashed }) => `${version.versionId} ${unread(hashed)}`);
  const more = unreadable.length > 3 ? ` and ${unreadable.length - 3} more` : "";
  const different = wrong.length - unreadable.length;
  const rest = different === 0 ? "" : `; ${different} can be read and do not hash ${as}`;
  return `of its ${wrong.length} versions ${named.join(", ")}${more}${rest}`;
}

async function proveConfig(
  item: BringBack,
  hash: HashVersion,
  { recordedConfigHash: recorded, historyForgeable }: ProofMeans,
): Promise<Proven> {
  if (recorded !== null && historyForgeable) {
    return await proveByHash(item, { sha256: recorded, as: "as recorded" }, hash);
  }
  const hashed = recorded === null ? null : await hash(item.wanted);
  if (recorded !== null && hashed?.kind === "hashed" && hashed.sha256 === recorded) {
    const isNewestRight = await isTwin(newestData(item), { of: item.wanted, sha256: recorded }, hash);
    const found = { kind: "found", version: item.wanted, proof: "sha256", isNewestRight } as const;
    return { ...found, reason: "bytes hash as recorded", markerBelow: null };
  }
  if (hashed !== null && hashed.kind !== "hashed")
    return { kind: "lost", reason: `the version at T ${unread(hashed)}` };
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
  const hashed = await hash(item.wanted);
  if (hashed.kind !== "hashed") return { kind: "lost", reason: `the version at T ${unread(hashed)}` };
  const isNewestRight = await isTwin(newest, { of: item.wanted, sha256: hashed.sha256 }, hash);
  return { kind: "found", version: item.wanted, ...found, isNewestRight, markerBelow: null };
}

async function isTwin(
  version: ObjectVersion | null,
  right: { readonly of: ObjectVersion; readonly sha256: string },
  hash: HashVersion,
): Promise<boolean> {
  if (version === right.of) return true;
  if (version === null || version.size !== right.of.size) return false;
  const hashed = await hash(version);
  return hashed.kind === "hashed" && hashed.sha256 === right.sha256;
}

function dataVersions(item: BringBack): readonly ObjectVersion[] {
  return item.rows.filter((row) => row.kind === "version");
}

function newestData(item: BringBack): ObjectVersion | null {
  return item.rows.find((row) => row.kind === "version") ?? null;
}
