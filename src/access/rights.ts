import type { Role } from "../base/role.ts";
import { canaryFolder } from "../restic/layout.ts";

/** What a key may be allowed, in words that no provider uses. The last five are granted to nobody, and denied where that can be said. */
export const rights = [
  "find bucket",
  "list current",
  "list versions",
  "list uploads",
  "read current",
  "read version",
  "keep tags",
  "put",
  "hide",
  "lift marker",
  "destroy version",
  "abort upload",
  "read versioning",
  "read lock default",
  "read settings",
  "change settings",
  "change access",
  "lock version",
  "bypass lock",
  "delete bucket",
] as const;
export type Right = (typeof rights)[number];

/** The parts of a repository that rights are told apart by, below its prefix. */
export const repositoryAreas = ["data/", "index/", "snapshots/", "locks/", "keys/", "config", canaryFolder] as const;

/**
 * Where a right holds: in one part of the repository, in all of it (`prefix`), or in the bucket itself and whatever stands
 * in it.
 */
export type Area = (typeof repositoryAreas)[number] | "prefix" | "bucket";

/** Some rights, where they hold, and what for. */
export interface Grant {
  /** As it follows "may": `read the repository`. */
  readonly purpose: string;
  readonly rights: readonly Right[];
  readonly areas: readonly Area[];
}

const backupAreas = ["data/", "index/", "snapshots/", "locks/"] as const;

/**
 * Names in the whole bucket, not only below the prefix: a store answers for what is missing with 404 only to a key that may
 * list, and that question carries no prefix. Without it restic cannot tell a repository that is gone from one that is refused. The
 * default lock is read before the audit puts a canary, which nobody could take away in COMPLIANCE mode.
 */
const look: Grant = {
  purpose: "see which objects there are",
  rights: ["find bucket", "list current", "read versioning", "read lock default"],
  areas: ["bucket"],
};
const read: Grant = { purpose: "read the repository", rights: ["read current"], areas: ["prefix"] };
const add: Grant = { purpose: "add backups", rights: ["put"], areas: backupAreas };
const listVersions: Grant = {
  purpose: "list versions",
  rights: ["list current", "list versions"],
  areas: ["prefix"],
};
const readSettings: Grant = {
  purpose: "read the settings of the bucket",
  rights: ["find bucket", "read versioning", "read lock default", "read settings"],
  areas: ["bucket"],
};

/**
 * The rights of each role: what restic and Holdfast's own commands send with its key, and no more. Every policy that
 * Holdfast prints or uses is made from this table. The rescuer lists in the whole bucket, for it changes the whole bucket's
 * settings, and because `restic init` before 0.15 asks for the bucket without a prefix.
 */
export const grantsOf: Readonly<Record<Role, readonly Grant[]>> = {
  monitor: [listVersions, readSettings],
  writer: [look, read, add, { purpose: "remove locks", rights: ["hide"], areas: ["locks/"] }],
  pruner: [look, read, add, { purpose: "hide what is pruned", rights: ["hide"], areas: ["prefix"] }],
  purger: [
    listVersions,
    readSettings,
    { purpose: "destroy old versions", rights: ["destroy version"], areas: ["prefix"] },
  ],
  rescuer: [
    {
      purpose: "list every version and upload",
      rights: ["find bucket", "list current", "list versions", "list uploads"],
      areas: ["bucket"],
    },
    { purpose: "read every version", rights: ["read current", "read version"], areas: ["prefix"] },
    {
      purpose: "copy versions forward and hide what came later",
      rights: ["put", "keep tags", "hide", "abort upload"],
      areas: ["prefix"],
    },
    { purpose: "lift delete markers", rights: ["lift marker"], areas: ["prefix"] },
    {
      purpose: "read and change the settings of the bucket",
      rights: ["read versioning", "read lock default", "read settings", "change settings"],
      areas: ["bucket"],
    },
  ],
};

/** Whether the role has the right in all of that area. */
export function isGranted(role: Role, right: Right, area: Area): boolean {
  return grantsOf[role].some((grant) => grant.rights.includes(right) && grant.areas.some((each) => covers(each, area)));
}

/** Whether what holds in `outer` holds in `inner`. */
export function covers(outer: Area, inner: Area): boolean {
  return outer === inner || outer === "bucket" || (outer === "prefix" && inner !== "bucket");
}
