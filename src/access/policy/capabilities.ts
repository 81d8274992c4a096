import type { Role } from "../../base/role.ts";
import { grantsOf } from "../rights.ts";
import type { ActionNames, Vocabulary } from "./vocabulary.ts";

/**
 * What the rights are called as capabilities of a Backblaze B2 key (application key capabilities; S3-compatible app keys).
 * Versions are always kept and objects have no tags there, so nothing has to be granted for these. Settings are changed with
 * `writeBuckets`, which a key that is limited to a bucket cannot have.
 */
export const b2Vocabulary: Vocabulary = {
  "find bucket": capability("listBuckets"),
  "list current": capability("listFiles"),
  "list versions": capability("listFiles"),
  "list uploads": capability("listFiles"),
  "read current": capability("readFiles"),
  "read version": capability("readFiles"),
  "keep tags": capability(),
  put: capability("writeFiles"),
  hide: capability("writeFiles"),
  "lift marker": capability("deleteFiles"),
  "destroy version": capability("deleteFiles"),
  "abort upload": capability("writeFiles"),
  "read versioning": capability(),
  "read lock default": capability("readBucketRetentions"),
  "read settings": capability("readBuckets", "readBucketEncryption", "readBucketReplications"),
  "change settings": capability(),
  "change access": capability(),
  "lock version": capability("writeFileRetentions", "writeFileLegalHolds"),
  "bypass lock": capability("bypassGovernance"),
  "delete bucket": capability(),
};

function capability(...object: readonly string[]): ActionNames {
  return { bucket: [], object };
}

/** The capabilities of a role's key, as `b2 key create` takes them. */
export function capabilitiesOf(role: Role): readonly string[] {
  const names = grantsOf[role].flatMap((grant) => grant.rights.flatMap((right) => b2Vocabulary[right].object));
  return [...new Set(names)];
}
