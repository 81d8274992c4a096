import { displayLocation, type RepositoryLocation } from "../../base/repository-location.ts";
import { roles, type Role } from "../../base/role.ts";
import { grantsOf, isGranted, type Area, type Grant } from "../rights.ts";
import { b2Vocabulary, capabilitiesOf } from "./capabilities.ts";
import { bucketPolicy, userPolicy } from "./document.ts";
import type { LifecycleForm, PolicyForm } from "./forms.ts";
import { commentLines, fillFrame, shellWord } from "./frame.ts";
import { b2Lifecycle, s3Lifecycle } from "./lifecycle.ts";
import { lossesOf, lossText, type Fineness } from "./losses.ts";
import { policyPlace, type PolicyPlace } from "./place.ts";
import { permissionSetsOf } from "./permission-sets.ts";

/** The files of templates/ that a script is made of. */
export interface PolicyFrames {
  readonly policy: string;
  readonly lifecycle: string;
  /** Null where the provider is not known to lock objects. */
  readonly objectLock: string | null;
}

export interface PolicyRequest {
  readonly role: Role;
  /** The repository's name in the configuration: the users are named after it. */
  readonly name: string;
  readonly location: RepositoryLocation;
  /** What the provider is called on a screen. */
  readonly title: string;
  readonly form: PolicyForm;
  readonly frames: PolicyFrames;
  /** The recovery window in whole days. */
  readonly days: number;
}

/**
 * A shell script that gives a role its rights, in the provider's own form: policies stand in here-documents, remarks in
 * comments. It holds no secret: the provider's own tools make the keys, or ask for them. Fails with `refused` for a path
 * that cannot stand in a policy.
 */
export function policyScript(request: PolicyRequest): string {
  const { role, name, location, form, frames, days } = request;
  const place = policyPlace(location);
  const words: Readonly<Record<string, string>> = {
    role,
    name,
    user: userName(name, role),
    place: displayLocation(location),
    bucket: shellWord(place.bucket),
    // An empty prefix is no limit, and some tools take none for a value.
    prefixFlag: place.prefix === "" ? "" : `--prefix ${shellWord(place.prefix)} `,
    namePrefixFlag: place.prefix === "" ? "" : `--name-prefix ${shellWord(place.prefix)} `,
    endpoint: shellWord(location.endpoint),
    days: String(days),
    head: head(request, place),
    ...rightsWords(request, place),
  };
  const lifecycle = { ...words, rules: lifecycleRules(form.lifecycle, { prefix: place.prefix, days }) };
  const parts = [
    fillFrame(frames.policy, words),
    fillFrame(frames.lifecycle, lifecycle),
    ...(frames.objectLock === null ? [] : [fillFrame(frames.objectLock, words)]),
    commentLines(`Then try what the key can do: holdfast audit ${name} --role ${role}`),
  ];
  return `${parts.map((part) => part.trimEnd()).join("\n\n")}\n`;
}

function userName(name: string, role: Role): string {
  return `${name}-${role}`;
}

/** What the frame of the form asks for besides. */
function rightsWords({ role, name, form }: PolicyRequest, place: PolicyPlace): Readonly<Record<string, string>> {
  if (form.kind === "capabilities") return { capabilities: capabilitiesOf(role).join(",") };
  if (form.kind === "user") return { policy: userPolicy(role, place, form.dialect) };
  const named = rolesNamed(role, form.lifecycle);
  const principals = new Map(named.map((each) => [each, form.principalOf(each, userName(name, each))]));
  return {
    policy: bucketPolicy({ place, dialect: form.dialect, principals }),
    named: named.map((each) => userName(name, each)).join(", "),
    roles: named.join(" "),
    permissionSets: permissionSetsOf(role)
      .map((set, index) => `rules.0.permission-set-names.${index}=${set}`)
      .join(" "),
    purgerNote: named.includes("purger")
      ? ""
      : commentLines(
          "It names no purger, for lifecycle rules do that work here; the policy that names one: " +
            `holdfast policy purger ${name}`,
        ),
  };
}

/** A bucket has one policy: it names every role, the purger only where it is needed or asked for. */
function rolesNamed(role: Role, lifecycle: LifecycleForm): readonly Role[] {
  return roles.filter((each) => each !== "purger" || role === "purger" || lifecycle === "none");
}

function head({ role, location, title, form }: PolicyRequest, { prefix }: PolicyPlace): string {
  const losses = lossesOf(role, finenessOf(form)).map(lossText);
  return [
    commentLines(`The ${role}'s key for ${displayLocation(location)} on ${title}. It may: ${may(role)}.`),
    ...(losses.length === 0
      ? []
      : [commentLines(`There are no finer rights there, so whoever holds this key can also: ${losses.join("; ")}.`)]),
    ...(prefix !== "" && seesTheBucket(role, form)
      ? [commentLines("It sees the names of what else stands in the bucket, and nothing more of it.")]
      : []),
    commentLines(
      form.isTried
        ? "Holdfast's tests apply these rights to the real store."
        : `Made from documentation, not tried on ${title}: read it before you run it, and audit the key.`,
    ),
  ].join("\n");
}

function seesTheBucket(role: Role, form: PolicyForm): boolean {
  if (form.kind === "capabilities" || form.dialect.effect === "narrowed") return false;
  return role !== "rescuer" && isGranted(role, "list current", "bucket");
}

function may(role: Role): string {
  return grantsOf[role].map((grant) => `${grant.purpose}${where(grant)}`).join("; ");
}

function where({ areas }: Grant): string {
  const parts = areas.filter((area: Area) => area !== "bucket" && area !== "prefix");
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

/** How finely the form can say where a right holds. */
export function finenessOf(form: PolicyForm): Fineness {
  if (form.kind === "capabilities") {
    return { vocabulary: b2Vocabulary, comesWith: {}, limitsListings: true, limitsParts: false };
  }
  return { ...form.dialect, limitsParts: true };
}

function lifecycleRules(form: LifecycleForm, request: { readonly prefix: string; readonly days: number }): string {
  if (form === "b2") return shellWord(b2Lifecycle(request));
  return form === "s3" || form === "s3-without-markers" ? s3Lifecycle(request, form === "s3") : "";
}
