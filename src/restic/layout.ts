/** The folders of a restic repository whose objects are named by the SHA-256 of their bytes (restic doc/design.rst). */
const contentFolders = ["data", "index", "snapshots", "keys"] as const;
type ContentFolder = (typeof contentFolders)[number];

/** What an object of a repository is, by its key without the repository's prefix. */
export type RepositoryObject =
  | { readonly kind: ContentFolder; /** The SHA-256 that the bytes must have. */ readonly sha256: string }
  | { readonly kind: "config" }
  | { readonly kind: "lock" }
  /** Holdfast's own trial objects: left out of the state, of findings and of every rollback. */
  | { readonly kind: "canary" }
  | { readonly kind: "foreign" };

/** The folder under the prefix that holds Holdfast's own trial objects. Not hex, so restic never takes one for its own. */
export const canaryFolder = "holdfast-canary/";
/** What the name of a canary begins with where it must stand in one of restic's own folders. */
export const canaryName = "holdfast-canary-";
/** Canaries that must stand where a writer may put and delete: `locks/holdfast-canary-…`. */
export const canaryLockPrefix = `locks/${canaryName}`;

const hexName = /^[0-9a-f]{64}$/;
const pack = /^data\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/;
const packName = "data/00/".length;

/** Reads a key without the repository's prefix: `data/3f/3f9c…`, `snapshots/9e10…`, `config`. */
export function repositoryObject(path: string): RepositoryObject {
  // Packs are nearly all that a bucket holds.
  if (pack.test(path)) return { kind: "data", sha256: path.slice(packName) };
  if (path === "config") return { kind: "config" };
  if (path.startsWith(canaryFolder) || path.startsWith(canaryLockPrefix)) return { kind: "canary" };
  const parts = path.split("/");
  const folder = parts[0] ?? "";
  const name = parts.at(-1) ?? "";
  if (name.startsWith(canaryName)) return { kind: "canary" };
  if (!hexName.test(name)) return { kind: "foreign" };
  if (folder === "locks" && parts.length === 2) return { kind: "lock" };
  const isContent = folder !== "data" && (contentFolders as readonly string[]).includes(folder) && parts.length === 2;
  return isContent ? { kind: folder as ContentFolder, sha256: name } : { kind: "foreign" };
}
