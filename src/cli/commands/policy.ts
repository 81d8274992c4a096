import { policyForms } from "../../access/policy/forms.ts";
import { windowDays } from "../../access/policy/lifecycle.ts";
import { policyScript } from "../../access/policy/script.ts";
import { Failure } from "../../base/failure.ts";
import { nearestWord } from "../../base/nearest-word.ts";
import { isRole, roles, type Role } from "../../base/role.ts";
import { keyFindings } from "../../config/key-findings.ts";
import { knownProviders, type ProviderName } from "../../config/known-providers.ts";
import { selectRepository } from "../../config/select-repository.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";
import type { CommandAction } from "../invocation.ts";
import { loadConfiguration } from "../load-configuration.ts";
import { loadProfile } from "../open-repository.ts";
import { framesFor } from "../policy-frames.ts";
import { findingLine } from "../render/finding-line.ts";

/** `holdfast policy ROLE [REPOSITORY] [--provider NAME]`. Asks no store and resolves no secret. */
export const policy: CommandAction = async (invocation, input) => {
  const role = roleNamed(input.words["role"] ?? "");
  const wanted = input.text("provider");
  const asked = wanted === undefined ? null : providerNamed(wanted);
  const { configuration } = await loadConfiguration(invocation);
  const { name, location, provider, recoveryWindow } = selectRepository(configuration, input.words["repository"]);
  const profile = await loadProfile(asked ?? provider);
  const form = policyForms[profile.name];
  if (form === undefined || form.kind === "none") throw noForm(profile, form);
  const frames = await framesFor(profile, form.lifecycle);
  const script = policyScript({
    role,
    name,
    location,
    title: profile.title,
    form,
    frames,
    days: windowDays(recoveryWindow),
  });
  for (const finding of keyFindings(configuration)) invocation.screen.note(findingLine(finding));
  process.stdout.write(script);
  return { exitCode: 0, result: null };
};

function roleNamed(word: string): Role {
  if (isRole(word)) return word;
  throw unknownWord("write a policy for the role", word, roles);
}

function providerNamed(word: string): ProviderName {
  const found = knownProviders.find((name) => name === word);
  if (found !== undefined) return found;
  throw unknownWord("write a policy for the provider", word, knownProviders);
}

function unknownWord(action: string, word: string, known: readonly string[]): Failure {
  const nearest = nearestWord(word, known);
  return new Failure({
    kind: "usage",
    action,
    subject: word,
    problem: "there is none of that name",
    hint: `${nearest === null ? "one of" : `did you mean ${nearest}? There are`} ${known.join(", ")}`,
  });
}

function noForm(
  profile: ProviderProfile,
  form: { readonly problem: string; readonly hint: string } | undefined,
): Failure {
  return new Failure({
    kind: "refused",
    action: "write a policy for",
    subject: profile.title,
    problem: form?.problem ?? "its form is not known",
    hint: form?.hint ?? "--provider generic prints the form of AWS",
  });
}
