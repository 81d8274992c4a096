import type { Finding } from "../base/finding.ts";
import type { Setting } from "../store/bucket-settings.ts";

interface AccessFacts {
  readonly place: string;
  readonly settings: { readonly policy: Setting<string> };
  readonly acl: string | null;
}

/** Who has rights in the bucket by its policy and its ACL. Anybody is an alarm; names are for a person to look at. */
export function accessFindings(facts: AccessFacts): readonly Finding[] {
  return [...policyFindings(facts), ...aclFindings(facts)];
}

function policyFindings({ settings, place }: AccessFacts): readonly Finding[] {
  if (settings.policy.kind !== "set") return [];
  const allowed = allowedPrincipals(settings.policy.value);
  if (allowed === null) {
    const evidence = "the bucket has a policy that is no policy that Holdfast can read";
    const remedy = "look whom it lets in (get-bucket-policy)";
    return [{ rule: "policy-unread", severity: "warning", subject: place, evidence, remedy }];
  }
  if (allowed.some(isAnybody)) {
    const evidence = "the bucket's policy allows something to everybody";
    const remedy =
      'take the statement with the principal "*" out of the policy, or limit it by a condition that you trust';
    return [{ rule: "policy-for-everybody", severity: "alarm", subject: place, evidence, remedy }];
  }
  if (allowed.length === 0) return [];
  const evidence = `the bucket's policy lets in ${[...new Set(allowed)].sort().join(", ")}`;
  const remedy = "look that each of them is yours; a thief leaves himself a door there";
  return [{ rule: "policy-lets-in", severity: "notice", subject: place, evidence, remedy }];
}

function isAnybody(principal: string): boolean {
  return principal === "*" || principal.endsWith(":*");
}

/** Of every statement that allows; null where the text is no policy. */
function allowedPrincipals(text: string): readonly string[] | null {
  try {
    const { Statement } = JSON.parse(text) as { readonly Statement?: unknown };
    const statements = listOf(Statement) as readonly (Readonly<Record<string, unknown>> | null)[];
    if (Statement === undefined || statements.some((each) => typeof each !== "object" || each === null)) return null;
    return statements.flatMap((each) => (each?.["Effect"] === "Allow" ? principalsOf(each) : []));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whoever is not named by NotPrincipal is everybody. */
function principalsOf(statement: Readonly<Record<string, unknown>>): readonly string[] {
  const principal = statement["Principal"];
  if (principal === undefined) return statement["NotPrincipal"] === undefined ? [] : ["*"];
  if (typeof principal === "string") return [principal];
  return Object.values(principal as Readonly<Record<string, unknown>>)
    .flatMap(listOf)
    .map(String);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** Grants beside the owner's own. */
function aclFindings({ acl, place }: AccessFacts): readonly Finding[] {
  if (acl === null) return [];
  const owner = /<Owner>[\s\S]*?<ID>([^<]*)<\/ID>/.exec(acl)?.[1] ?? "";
  const grants = [...acl.matchAll(/<Grant>([\s\S]*?)<\/Grant>/g)].map(([, grant = ""]) => grant);
  const groups = grants.flatMap((grant) => /<URI>[^<]*\/([^</]+)<\/URI>/.exec(grant)?.[1] ?? []);
  const others = grants
    .flatMap((grant) => /<ID>([^<]*)<\/ID>/.exec(grant)?.[1] ?? [])
    .filter((id) => id !== owner && id !== "");
  const found: Finding[] = [];
  const common = { subject: place, remedy: "set the bucket's ACL to private (put-bucket-acl --acl private)" } as const;
  if (groups.length > 0) {
    const evidence = `the bucket's ACL grants something to ${[...new Set(groups)].join(", ")}`;
    found.push({ rule: "acl-for-everybody", severity: "alarm", evidence, ...common });
  }
  if (others.length > 0) {
    const evidence = `the bucket's ACL lets in ${[...new Set(others)].join(", ")}`;
    found.push({ rule: "acl-lets-in", severity: "warning", evidence, ...common });
  }
  return found;
}
