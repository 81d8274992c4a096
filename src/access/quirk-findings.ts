import type { Finding } from "../base/finding.ts";
import type { Role } from "../base/role.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import { policyForms } from "./policy/forms.ts";
import { lossesOf, lossText } from "./policy/losses.ts";
import { finenessOf } from "./policy/script.ts";
import { isGranted } from "./rights.ts";

/** What these roles can do there because the provider has no finer rights: expected, and still to be known. */
export function quirkFindings(profile: ProviderProfile, roles: readonly Role[]): readonly Finding[] {
  const form = policyForms[profile.name];
  if (form === undefined || form.kind === "none") return [];
  return roles.flatMap((role) => {
    // Who may destroy needs no word about markers.
    const losses = lossesOf(role, finenessOf(form))
      .filter(({ right }) => right !== "lift marker" || !isGranted(role, "destroy version", "prefix"))
      .map(lossText);
    if (losses.length === 0) return [];
    return {
      rule: "no-finer-rights",
      severity: "notice",
      subject: profile.title,
      evidence: `${profile.title} has no finer rights: the ${role}'s key can also ${losses.join(", ")}`,
      remedy: "see docs/keys.md for what that costs",
    };
  });
}
