import type { Role } from "../base/role.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import type { Attempt } from "./attempt.ts";
import type { Expected } from "./outcome.ts";
import { policyForms, type PolicyForm } from "./policy/forms.ts";
import { lossesOf } from "./policy/losses.ts";
import { finenessOf } from "./policy/script.ts";
import { covers, isGranted } from "./rights.ts";

/** What the rights of a role promise of an attempt, as far as this provider can tell them apart. */
export function expectedOf(attempt: Attempt, role: Role, profile: ProviderProfile): Expected {
  const { needs } = attempt;
  if (needs === "nobody") return "refused";
  // Who may destroy has simpler ways to; the rescuer passes a guard by a port of its own.
  if (needs === "hole")
    return role === "rescuer" || isGranted(role, "destroy version", "prefix") ? "either" : "refused";
  if (isGranted(role, needs.right, needs.area)) {
    const isNeeded = attempt.neededBy?.includes(role) ?? true;
    return isNeeded && isGrantable(attempt, profile) ? "allowed" : "either";
  }
  const comesAlong = isLost(attempt, role, profile) || isTriedToComeAlong(attempt, role, profile);
  return comesAlong ? "either" : "refused";
}

function formOf({ name }: ProviderProfile): PolicyForm | null {
  const form = policyForms[name];
  return form === undefined || form.kind === "none" ? null : form;
}

/** Whether the provider has a name for it, and heeds it. */
function isGrantable({ needs, actions }: Attempt, profile: ProviderProfile): boolean {
  const form = formOf(profile);
  if (form === null || needs === "hole" || needs === "nobody") return true;
  const { bucket, object } = finenessOf(form).vocabulary[needs.right];
  const names = [...bucket, ...object];
  if (form.kind === "capabilities") return names.length > 0;
  return actions.some((action) => names.includes(action)) && !isForOwnersOnly(actions, profile);
}

/** Ceph lets nobody but the bucket's owner change notifications, whatever a policy grants (tried on RGW 16.2.15). */
function isForOwnersOnly(actions: Attempt["actions"], { policyVocabulary }: ProviderProfile): boolean {
  return policyVocabulary.value === "bucket-policy" && actions.includes("s3:PutBucketNotification");
}

/** By the names alone: one of the provider's stands for two rights, and the role needs the other. */
function isLost({ needs }: Attempt, role: Role, profile: ProviderProfile): boolean {
  const form = formOf(profile);
  if (form === null || needs === "hole" || needs === "nobody") return false;
  return lossesOf(role, finenessOf(form)).some(({ right, area }) => right === needs.right && covers(area, needs.area));
}

/** By what the store was seen to do. */
function isTriedToComeAlong({ needs }: Attempt, role: Role, { policyVocabulary }: ProviderProfile): boolean {
  if (needs === "hole" || needs === "nobody") return false;
  // MinIO asks for s3:PutBucketPolicy where an ACL is changed.
  if (policyVocabulary.value === "minio")
    return needs.right === "change access" && isGranted(role, "change settings", "bucket");
  // Who puts an object on Ceph owns it, and locks what he owns.
  return (
    policyVocabulary.value === "bucket-policy" && needs.right === "lock version" && isGranted(role, "put", needs.area)
  );
}
