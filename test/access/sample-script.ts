import { policyForms } from "../../src/access/policy/forms.ts";
import { policyScript } from "../../src/access/policy/script.ts";
import { parseRepositoryLocation } from "../../src/base/repository-location.ts";
import type { Role } from "../../src/base/role.ts";
import { loadProfile } from "../../src/cli/open-repository.ts";
import { framesFor } from "../../src/cli/policy-frames.ts";

export interface SampleRequest {
  readonly role: Role;
  readonly location?: string;
  readonly days?: number;
}

/** What `holdfast policy ROLE home --provider PROVIDER` prints. */
export async function scriptFor(provider: string, { role, location, days }: SampleRequest): Promise<string> {
  const form = policyForms[provider];
  const parsed = parseRepositoryLocation(location ?? "s3:https://s3.example.org/backups/home");
  if (form === undefined || form.kind === "none" || parsed === null) throw new RangeError(`no script for ${provider}`);
  const profile = await loadProfile(provider);
  const frames = await framesFor(profile, form.lifecycle);
  return policyScript({ role, name: "home", location: parsed, title: profile.title, form, frames, days: days ?? 35 });
}
