import { decideByClocks, type ClockDecision } from "./clocks.ts";
import type { Look } from "./look.ts";
import { isFirstRun, unknownShare, usualInterval } from "./rails/rail.ts";
import type { RailFacts, RailLimits, RailSubject } from "./rails/rail.ts";
import { rails } from "./rails/rails.ts";
import { findingId, type RetentionRecord, type UsualInterval } from "./record.ts";
import { groupsOf, type RetentionRules } from "./rules.ts";

/** A guard rail that holds: why nothing is forgotten. */
export interface HeldRail {
  readonly rail: string;
  /** What it stands against. */
  readonly reason: string;
  /** What was measured, in words. */
  readonly figure: string;
  /** What to type to let it go this once; null where nothing may. */
  readonly release: string | null;
  /** What it is about, and the id by which each is settled. */
  readonly findings: readonly HeldFinding[];
}

export interface HeldFinding extends RailSubject {
  readonly id: string;
}

/** A guard rail that could not judge. */
export interface UnjudgedRail {
  readonly rail: string;
  readonly why: string;
}

/** What a prune will do, before it does it. */
export interface RetentionPlan {
  /** Group by group, newest first by the client's time. */
  readonly decisions: readonly ClockDecision[];
  readonly held: readonly HeldRail[];
  readonly unjudged: readonly UnjudgedRail[];
  /** No run of this host was let through before: what stands is taken as known. */
  readonly isFirstRun: boolean;
  /** How often each host backs up by what stands. */
  readonly usual: readonly UsualInterval[];
}

export interface RetentionSettings {
  readonly repository: string;
  /** Of the repository in its bucket. */
  readonly prefix: string;
  readonly rules: RetentionRules;
  /** The IANA zone of the calendar. */
  readonly timeZone: string;
  readonly limits: RailLimits;
  /** Whether it is known that the store's dates can be forged. */
  readonly historyForgeable: boolean;
}

/** Decides by every clock and judges the plan by every rail. Pure. */
export function planRetention(look: Look, record: RetentionRecord | null, settings: RetentionSettings): RetentionPlan {
  const { rules, timeZone, limits, historyForgeable, prefix } = settings;
  const { tolerance } = limits;
  const decisions = decideByClocks(look.snapshots, rules, { now: look.now, timeZone, tolerance, historyForgeable });
  const groups = groupsOf(look.snapshots, rules["group-by"]);
  const facts = { look, prefix, record, groups, decisions, limits, historyForgeable };
  const { held, unjudged } = judged(facts, settings.repository);
  const found = new Set(held.flatMap(({ findings }) => findings.map(({ id }) => id)));
  return {
    decisions,
    held: [...held, ...unsettled(record, found)],
    unjudged,
    isFirstRun: isFirstRun(facts),
    usual: usualByHost(facts),
  };
}

function usualByHost({ look, limits: { tolerance } }: RailFacts): readonly UsualInterval[] {
  return [...Map.groupBy(look.snapshots, ({ host }) => host)].flatMap(([host, snapshots]) => {
    const interval = usualInterval(snapshots, { tolerance, share: unknownShare });
    return interval === null ? [] : [{ host, interval }];
  });
}

function judged(facts: RailFacts, repository: string): Pick<RetentionPlan, "held" | "unjudged"> {
  // Not by their ids, which are short enough for a thief to make a snapshot that has the id of a settled one.
  const settled = new Set(
    facts.record?.settled.filter(({ isForGood }) => isForGood).map(({ rail, subject }) => `${rail} ${subject}`),
  );
  const [held, unjudged]: [HeldRail[], UnjudgedRail[]] = [[], []];
  for (const { name, reason, release, judge } of rails) {
    const verdict = judge(facts);
    if (verdict.kind === "unjudged") {
      unjudged.push({ rail: name, why: verdict.why });
      continue;
    }
    const findings = verdict.subjects
      .map((subject) => ({ ...subject, id: findingId(name, subject.subject) }))
      .filter(({ subject }) => !settled.has(`${name} ${subject}`));
    if (findings.length === 0) continue;
    const words = { flag: `--release ${name}`, command: `holdfast release ${repository}`, nothing: null }[release];
    held.push({ rail: name, reason, figure: verdict.figure(findings), release: words, findings });
  }
  return { held, unjudged };
}

/** What rails found before and nobody has settled, where its traces are gone by now. */
function unsettled(record: RetentionRecord | null, found: ReadonlySet<string>): readonly HeldRail[] {
  const open = (record?.findings ?? []).filter(({ id, rail }) => lasting.has(rail) && !found.has(id));
  const [first] = open;
  if (first === undefined) return [];
  const more = open.length === 1 ? "" : ` and ${open.length - 1} more`;
  return [
    {
      rail: "findings",
      reason: "what was found before has not been settled, though its traces are gone",
      figure: `${first.id} (${first.evidence})${more}`,
      release: "--release findings",
      findings: open.map(({ id, subject, evidence }) => ({ id, subject, evidence })),
    },
  ];
}

/** Held by a check that found errors in the repository; null where it found none. */
export function checkFailed(errors: number, readData: string | null): HeldRail | null {
  if (errors === 0) return null;
  const read = readData === null ? "" : ` (data read: ${readData})`;
  return {
    rail: "check-failed",
    reason: "in a damaged repository older snapshots may be all that can be restored",
    figure: `check found ${errors} ${errors === 1 ? "error" : "errors"}${read}`,
    release: "--release check-failed",
    findings: [],
  };
}

const lasting: ReadonlySet<string> = new Set(rails.filter(({ isLasting }) => isLasting).map(({ name }) => name));

/** Whether what this rail found stays open after its traces are gone. */
export function isLasting(rail: string): boolean {
  return lasting.has(rail);
}

/** Every rail there is. */
export const railNames: readonly string[] = [...rails.map(({ name }) => name), "findings", "check-failed"];

const unreleased: ReadonlySet<string> = new Set(
  rails.filter(({ release }) => release !== "flag").map(({ name }) => name),
);

/** Those that hold although `released` are let go this once. */
export function stillHeld(held: readonly HeldRail[], released: ReadonlySet<string>): readonly HeldRail[] {
  return held.filter(({ rail }) => unreleased.has(rail) || !released.has(rail));
}
