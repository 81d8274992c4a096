import type { Role } from "../../base/role.ts";
import { grantsOf, type Right } from "../rights.ts";

const setsOf: Readonly<Partial<Record<Right, readonly string[]>>> = {
  "list current": ["ObjectStorageBucketsRead", "ObjectStorageObjectsRead"],
  "list versions": ["ObjectStorageBucketsRead", "ObjectStorageObjectsRead"],
  put: ["ObjectStorageObjectsWrite"],
  hide: ["ObjectStorageObjectsDelete"],
  "lift marker": ["ObjectStorageObjectsDelete"],
  "destroy version": ["ObjectStorageObjectsDelete"],
  "change settings": ["ObjectStorageBucketsWrite"],
};

/**
 * The permission sets of Scaleway's IAM without which a bucket's policy allows nothing (IAM permission sets). They hold in
 * a whole project; what may be done to the bucket is what both allow.
 */
export function permissionSetsOf(role: Role): readonly string[] {
  return [...new Set(grantsOf[role].flatMap((grant) => grant.rights.flatMap((right) => setsOf[right] ?? [])))];
}
