import type { Check } from "../../access/check.ts";
import type { Finding } from "../../base/finding.ts";
import { displayLocation, type RepositoryLocation } from "../../base/repository-location.ts";
import type { Role } from "../../base/role.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";
import { hang } from "./figure-row.ts";
import { counted, seconds } from "./figures.ts";
import type { Emphasis, Screen } from "./screen.ts";
import { wrap } from "./table.ts";

/** An audit that is over. */
export interface AuditShown {
  readonly repository: string;
  readonly location: RepositoryLocation;
  readonly profile: ProviderProfile;
  readonly checks: readonly Check[];
  readonly findings: readonly Finding[];
  readonly quick: boolean;
  /** Milliseconds. */
  readonly took: number;
}

type Paper = Pick<Screen, "width" | "style">;

/** A table for each key, what was found besides, what to change, and what to type next. */
export function auditLines(shown: AuditShown, paper: Paper): readonly string[] {
  const roles = [...new Set(shown.checks.map(({ role }) => role))];
  return [
    ...roles.flatMap((role, index) => [...(index === 0 ? [] : [""]), ...roleLines(shown, role, paper)]),
    ...findingLines(shown.findings, paper),
    "",
    ...endLines(shown, paper),
  ];
}

function roleLines({ checks, location, profile, took }: AuditShown, role: Role, paper: Paper): readonly string[] {
  const own = checks.filter((check) => check.role === role);
  const isOnly = own.length === checks.length;
  const facts = `(${profile.title}, ${counted(own.length, "trial")}${isOnly ? `, ${seconds(took)}` : ""})`;
  const title = `What a thief of the ${role}'s key could do in ${displayLocation(location)}`;
  const head = `${title}   ${facts}`;
  const heading = head.length <= paper.width ? [head] : [...wrap(title, paper.width), `  ${facts}`];
  return [...heading, "", ...own.flatMap((check) => checkLines(check, paper))];
}

const [nameWidth, gotWidth, leastNote] = [23, 9, 20];

function checkLines(check: Check, { width, style }: Paper): readonly string[] {
  const got = check.ok ? check.got : check.got.toUpperCase();
  const lead = `  ${check.attempt.padEnd(nameWidth)}  ${got.padEnd(gotWidth)}`;
  const note = noteOf(check);
  const room = width - lead.length - 2;
  const lines =
    note === ""
      ? [lead.trimEnd()]
      : room >= leastNote
        ? hang(`${lead}  `, note, width)
        : [lead.trimEnd(), ...wrap(note, width - 6).map((line) => `      ${line}`)];
  const emphasis = emphasisOf(check);
  return emphasis === null ? lines : lines.map((line) => style(emphasis, line));
}

function emphasisOf({ ok, got }: Check): Emphasis | null {
  if (!ok) return got === "error" ? "warning" : "bad";
  return null;
}

/** What was seen; of a surprise also what it means. */
function noteOf({ ok, got, detail, cost }: Check): string {
  if (ok || got === "error") return detail;
  const meaning = got === "allowed" ? cost : "this role needs it";
  return detail === "" ? meaning : `${detail}: ${meaning}`;
}

function findingLines(findings: readonly Finding[], paper: Paper): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ severity, evidence, remedy }) => {
    const told = hang(`  ${severity.padEnd(9)}`, `${evidence}; ${remedy}`, paper.width);
    if (severity === "notice") return told;
    return told.map((line) => paper.style(severity === "alarm" ? "bad" : "warning", line));
  });
  return ["", "Besides", "", ...lines];
}

function endLines({ checks, findings, repository, quick }: AuditShown, { width, style }: Paper): readonly string[] {
  const bad = checks.filter(({ ok }) => !ok);
  const untried = checks.filter(({ got }) => got === "not tried").length;
  const left = untried === 0 ? "" : `, ${untried} not tried`;
  const serious = findings.filter(({ severity }) => severity !== "notice").length;
  const besides = serious === 0 ? "" : `, ${counted(serious, "finding")} besides`;
  if (untried === checks.length) {
    return [
      style("warning", `Nothing could be tried, so nothing is proven${besides}`),
      `Next:  holdfast audit ${repository}`,
    ];
  }
  if (bad.length === 0) {
    const passed = `${counted(checks.length - untried, "trial")} as expected${left}${besides}`;
    const isClean = serious === 0;
    const next =
      quick || !isClean ? `holdfast audit ${repository}` : `holdfast audit ${repository} --quick     from a timer`;
    return [style(isClean ? "good" : "warning", passed), `Next:  ${next}`];
  }
  const fixes = new Map<string, Check[]>();
  for (const check of bad) fixes.set(check.fix ?? "", [...(fixes.get(check.fix ?? "") ?? []), check]);
  const lines = [...fixes].flatMap(([fix, of]) => [
    ...wrap(`${namesOf(of)}:`, width - 2).map((line) => `  ${line}`),
    ...wrap(fix, width - 4).map((line) => `    ${line}`),
  ]);
  const wrongly = bad.find(({ isHole, got }) => !isHole && got !== "error");
  const next = wrongly === undefined ? `holdfast audit ${repository}` : `holdfast policy ${wrongly.role} ${repository}`;
  return [
    style("bad", `${counted(bad.length, "surprise")}${left}${besides}. What to change:`),
    ...lines,
    ...ownerLines(bad, width),
    `Next:  ${next}`,
  ];
}

/** So many mistakes are not made one by one. */
const manyMistakes = 8;

function ownerLines(bad: readonly Check[], width: number): readonly string[] {
  return [...new Set(bad.map(({ role }) => role))]
    .filter((role) => bad.filter((each) => each.role === role && !each.isHole).length >= manyMistakes)
    .flatMap((role) => {
      const text = `The ${role}'s key may do nearly everything, as a bucket's owner may whatever the policy says: give the ${role} a user of its own.`;
      return wrap(text, width);
    });
}

function namesOf(checks: readonly Check[]): string {
  const byRole = new Map<Role, string[]>();
  for (const { role, attempt } of checks) byRole.set(role, [...(byRole.get(role) ?? []), attempt]);
  return [...byRole].map(([role, attempts]) => `${role}: ${attempts.join(", ")}`).join("; ");
}
