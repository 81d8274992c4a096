import type { Role } from "../base/role.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import type { Attempt } from "./attempt.ts";
import { combined, type Expected, type Got, type Outcome } from "./outcome.ts";
import { expectedOf } from "./expected.ts";
import type { Place } from "./thief.ts";

/** One attempt with one key: what it came to, beside what the role promises. */
export interface Check {
  readonly role: Role;
  readonly attempt: string;
  readonly expected: Expected;
  readonly got: Got;
  /** False for a surprise, and for an error, which proves nothing. What could not be tried is no surprise. */
  readonly ok: boolean;
  /** What was seen; empty where the verdict says it all. */
  readonly detail: string;
  /** What a thief would make of it. */
  readonly cost: string;
  /** Whether only the store itself can close it, whatever the policy. */
  readonly isHole: boolean;
  /** What to change; null where nothing has to be. */
  readonly fix: string | null;
  readonly forms: readonly Outcome[];
}

interface Tried {
  readonly attempt: Attempt;
  readonly role: Role;
  readonly profile: ProviderProfile;
  readonly place: Place;
  readonly forms: readonly Outcome[];
}

export function checkOf({ attempt, role, profile, place, forms }: Tried): Check {
  const expected = expectedOf(attempt, role, profile);
  const { got, detail } = combined(forms, expected);
  const ok = got === "not tried" || got === expected || (expected === "either" && got !== "error");
  const fix = ok ? null : fixOf({ attempt, role, profile, place, got });
  const isHole = attempt.actions.length === 0;
  return { role, attempt: attempt.name, expected, got, ok, detail, cost: attempt.cost, isHole, fix, forms };
}

interface Surprise {
  readonly attempt: Attempt;
  readonly role: Role;
  readonly profile: ProviderProfile;
  readonly place: Place;
  readonly got: Got;
}

/** The line of the policy to change, in the words of the provider as far as they are known. */
function fixOf({ attempt, role, profile, place, got }: Surprise): string {
  if (got === "error") return "run the audit again: an error proves nothing";
  if (attempt.actions.length === 0) return fixOfHole(attempt, profile);
  const { policyVocabulary } = profile;
  if (policyVocabulary.value === "none") return "no policy of this store can say it: see docs/keys.md for what does";
  if (policyVocabulary.value === "capabilities")
    return `make the ${role}'s key anew as holdfast policy ${role} prints it`;
  const actions = `${attempt.actions.join(", ")}${resourceOf(attempt, place)}`;
  return got === "refused" ? `grant the ${role} ${actions}` : `take from the ${role}, or deny it, ${actions}`;
}

function resourceOf({ on }: Attempt, { bucket, prefix }: Place): string {
  const arn = `arn:aws:s3:::${bucket}`;
  switch (on) {
    case "bucket":
      return ` on ${arn}`;
    case "objects":
      return ` on ${arn}/${prefix}*`;
    case "keys and config":
      return ` on ${arn}/${prefix}keys/* and ${arn}/${prefix}config`;
    case "all objects":
      return ` on ${arn}/* beside ${prefix}*`;
    case "service":
      return "";
  }
}

function fixOfHole({ needs }: Attempt, profile: ProviderProfile): string {
  if (needs !== "hole") return "turn the bucket's versioning on, or use a store that keeps versions: see docs/keys.md";
  return `no policy of ${profile.title} closes this: put templates/minio-guard in front of it, see docs/keys.md`;
}
