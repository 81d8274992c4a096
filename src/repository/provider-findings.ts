import type { Finding } from "../base/finding.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";

/** What the provider's nature takes away from the promise, told once, when the repository is made. */
export function providerFindings(profile: ProviderProfile): readonly Finding[] {
  const { historyForgeable, policyVocabulary, lifecycle, objectLock, title } = profile;
  const found: (Finding | null)[] = [
    historyForgeable.value !== true
      ? null
      : {
          rule: "history-forgeable",
          severity: "warning",
          subject: title,
          evidence: "a key that may put can change the bytes and the dates of a version",
          remedy: "put a guard in front of it, see docs/keys.md; a rollback proves each object by its hash",
        },
    policyVocabulary.value !== "none"
      ? null
      : {
          rule: "no-policies",
          severity: "alarm",
          subject: title,
          evidence: "a key that may write may also destroy",
          remedy: "keep a second copy on a store whose keys can be limited",
        },
    lifecycle.value !== "none"
      ? null
      : {
          rule: "no-lifecycle",
          severity: "notice",
          subject: title,
          evidence: "the store does not remove old versions by itself, so they pile up",
          remedy: "run holdfast purge with the purger's key, from a timer on the trusted host",
        },
    objectLock.value !== "none"
      ? null
      : {
          rule: "no-object-lock",
          severity: "notice",
          subject: title,
          evidence: "there is no object lock: whoever holds the owner's key can destroy every version",
          remedy: "keep the owner's key off every backed-up host",
        },
  ];
  return found.filter((finding) => finding !== null);
}
