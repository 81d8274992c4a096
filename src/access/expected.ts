import type { Role } from "../base/role.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import type { Attempt } from "./attempt.ts";
import type { Expected } from "./outcome.ts";
import { isGranted } from "./rights.ts";

/** What the rights of a role promise of an attempt, as far as this provider can tell them apart. */
export function expectedOf(attempt: Attempt, role: Role, profile: ProviderProfile): Expected {
  const { needs } = attempt;
  if (needs === "nobody") return "refused";
  // Who may destroy has simpler ways to; the rescuer passes a guard by a port of its own.
  if (needs === "hole")
    return role === "rescuer" || isGranted(role, "destroy version", "prefix") ? "either" : "refused";
  if (isGranted(role, needs.right, needs.area)) {
    const isNeeded = attempt.neededBy?.includes(role) ?? true;
    return isNeeded && !isForOwnersOnly(attempt, profile) ? "allowed" : "either";
  }
  if (needs.right === "destroy version" && isGranted(role, "lift marker", needs.area)) return "either";
  return cannotTell(attempt, role, profile) ? "either" : "refused";
}

/** Ceph lets nobody but the bucket's owner change notifications, whatever a policy grants (tried on RGW 16.2.15). */
function isForOwnersOnly({ actions }: Attempt, { policyVocabulary }: ProviderProfile): boolean {
  return policyVocabulary.value === "bucket-policy" && actions.includes("s3:PutBucketNotification");
}

/** Where one action of the provider's grants two rights, and the lesser of them is needed. */
function cannotTell({ needs }: Attempt, role: Role, { policyVocabulary }: ProviderProfile): boolean {
  if (needs === "hole" || needs === "nobody") return false;
  switch (policyVocabulary.value) {
    case "minio":
      // s3:ListBucket does for versions too, s3:DeleteObject for deleting by version id, s3:PutBucketPolicy for the ACL.
      return (
        needs.right === "list versions" ||
        (needs.right === "hide" && role === "purger") ||
        (needs.right === "change access" && isGranted(role, "change settings", "bucket"))
      );
    case "capabilities":
      // listFiles shows versions, and whoever writes files may hide them.
      return needs.right === "list versions" || (needs.right === "hide" && isGranted(role, "put", "data/"));
    case "bucket-policy":
      // Who puts an object on Ceph owns it, and locks what he owns (tried on RGW 16.2.15).
      return needs.right === "lock version" && isGranted(role, "put", needs.area);
    case "iam":
    case "allow-list":
    case "none":
    case null:
      return false;
  }
}
