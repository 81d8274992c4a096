import { formatDuration } from "../base/duration.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";
import type { KeyChange } from "./changes-since.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { planStem } from "./plan-stem.ts";
import { readJournals } from "./read-journals.ts";
import type { JournalReading } from "./read-journals.ts";
import { actions } from "./step.ts";
import type { RollbackStep } from "./step.ts";
import type { StepCounts } from "./step-result.ts";

/** What a report is written from, whether the run came to its end or not. */
export interface ReportFacts {
  readonly plan: RollbackPlan;
  readonly counts: StepCounts;
  readonly changedKeys: readonly KeyChange[];
  readonly journal: string | null;
  readonly role: string;
  readonly accessKey: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly requests: number;
  readonly retries: number;
  /** Why the run stopped; null for one that came to its end. */
  readonly stopped: string | null;
  /** The commands to type next. */
  readonly next: readonly string[];
}

const namedAtMost = 100;

/**
 * Writes what was done as Markdown, to be read and handed on, and as JSON. Replaces the report of an earlier run of the
 * same plan, which its journal still tells, and counts what all runs did. Returns the path of the Markdown.
 */
export async function writeReport(state: StateFolder, facts: ReportFacts): Promise<string> {
  const stem = `reports/${planStem(facts.plan.header, facts.plan.lastHash)}`;
  const told = { samples: await namedSteps(facts.plan), all: await readJournals(state, facts.plan) };
  await state.replace(`${stem}.json`, `${JSON.stringify(reportFields(facts, told), null, 2)}\n`);
  await state.replace(`${stem}.md`, reportText(facts, told));
  return state.pathOf(`${stem}.md`);
}

type Action = RollbackStep["action"];
type Samples = Readonly<Record<Action, readonly string[]>>;

interface Told {
  readonly samples: Samples;
  /** Of every run of the plan, the one that is reported on included. */
  readonly all: JournalReading;
}

async function namedSteps(plan: RollbackPlan): Promise<Samples> {
  const named: Record<Action, string[]> = { liftMarker: [], copyVersion: [], hide: [] };
  for await (const { action, key } of plan.stepsByKey()) {
    if (named[action].length < namedAtMost) named[action].push(key);
    if (actions.every((each) => named[each].length >= Math.min(namedAtMost, plan.totals.actions[each]))) break;
  }
  return named;
}

function reportFields(facts: ReportFacts, { samples, all }: Told): Readonly<Record<string, unknown>> {
  const { plan, counts, changedKeys, journal, role, accessKey, requests, retries, stopped, next } = facts;
  const { repository, location, to, evidence, undoes } = plan.header;
  return {
    type: "report",
    repository,
    location,
    to: formatInstant(to),
    undoes,
    planHash: plan.lastHash,
    evidence: { path: evidence.path, sha256: evidence.sha256 },
    journal,
    startedAt: formatInstant(facts.startedAt),
    endedAt: formatInstant(facts.endedAt),
    role,
    accessKey,
    ...counts,
    inAll: { runs: all.runs, settled: all.settled, steps: plan.stepCount, startedAt: startOf(facts, all) },
    actions: plan.totals.actions,
    keys: samples,
    changedKeys: changedKeys.slice(0, namedAtMost),
    unrecoverable: plan.unrecoverable.slice(0, namedAtMost),
    findings: plan.findings.slice(0, namedAtMost),
    requests,
    retries,
    stopped,
    byHand: byHand(plan),
    next,
  };
}

const meaning: Readonly<Record<Action, string>> = {
  liftMarker: "brought back by lifting delete markers",
  copyVersion: "brought back by copying an older version",
  hide: "hidden",
};

function reportText(facts: ReportFacts, { samples, all }: Told): string {
  const { plan, counts, changedKeys, journal, stopped } = facts;
  const { header, totals, unrecoverable, findings } = plan;
  const what =
    header.undoes === null ? `Rollback of ${header.repository}` : `Undo of a rollback of ${header.repository}`;
  const lines = [
    `# ${what} to ${formatInstant(header.to)}`,
    "",
    stopped === null ? "The run came to its end." : `The run stopped half-way: ${stopped}. Run again it goes on.`,
    "",
    `- bucket: ${header.location}`,
    `- plan, last hash: \`${plan.lastHash}\``,
    `- evidence, SHA-256: \`${header.evidence.sha256}\` (${header.evidence.path})`,
    ...(journal === null ? [] : [`- journal: ${journal}`]),
    `- from ${formatInstant(facts.startedAt)} to ${formatInstant(facts.endedAt)} (${formatDuration(facts.endedAt - facts.startedAt)})`,
    `- by the key ${facts.accessKey}, as ${facts.role}`,
    `- ${facts.requests} requests, ${facts.retries} of them sent again`,
    `- ${counts.done} done, ${counts.skipped} already right, ${counts.failed} failed, ${counts.changed} left alone`,
    ...inAllLine(facts, all),
    "",
    "## What the plan holds",
    ...actions.flatMap((action) => keyList(meaning[action], samples[action], totals.actions[action])),
    ...keyList("left alone, since somebody wrote them", changedKeys.map(troubled), changedKeys.length),
    ...keyList(
      "not to be had any more",
      unrecoverable.map((lost) => troubled({ ...lost, problem: lost.reason })),
      unrecoverable.length,
    ),
    ...findingList(findings),
    "",
    "## Left to do by hand",
    "",
    ...byHand(plan).map((item) => `- ${item}`),
    "",
    "## Next",
    "",
    ...facts.next.map((command) => `    ${command}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** A run that goes on where another stopped would else read as if the other had done nothing. */
function inAllLine(facts: ReportFacts, all: JournalReading): readonly string[] {
  if (all.runs < 2) return [];
  const settled = `${all.settled} of ${facts.plan.stepCount} steps are done or were right already`;
  return [
    `- in all ${all.runs} runs since ${startOf(facts, all)}: ${settled}; each run has a journal beside this one's`,
  ];
}

function startOf({ startedAt }: ReportFacts, all: JournalReading): string {
  return formatInstant(all.startedAt ?? startedAt);
}

function troubled({ key, problem }: { readonly key: string; readonly problem: string }): string {
  return `${key}: ${problem}`;
}

function keyList(title: string, keys: readonly string[], total: number): readonly string[] {
  if (total === 0) return [];
  const shown = keys.slice(0, namedAtMost);
  const more = total > shown.length ? [`- and ${total - shown.length} more, all in the plan and the journal`] : [];
  return ["", `${total} ${title}:`, "", ...shown.map((key) => `- \`${key.replaceAll("`", "'")}\``), ...more];
}

function findingList(findings: RollbackPlan["findings"]): readonly string[] {
  if (findings.length === 0) return [];
  const shown = findings.slice(0, namedAtMost);
  const more = findings.length > shown.length ? [`- and ${findings.length - shown.length} more, all in the plan`] : [];
  const lines = shown.map(({ severity, rule, subject, evidence, remedy }) => {
    return `- ${severity}, ${rule}: ${subject}: ${evidence}. ${remedy}`;
  });
  return ["", "## Findings", "", ...lines, ...more];
}

/** What no rollback can do for its user. */
function byHand({ header }: RollbackPlan): readonly string[] {
  const { repository } = header;
  if (header.undoes !== null) return ["Look at the bucket: it shows again what it showed before the rollback."];
  return [
    "Make new keys for every role in the store, and take the old ones out of use: whoever stole them still has them.",
    "If the password was stolen as well, make a new repository and back up to it: a thief who had the password keeps the master key, and changing the password does not change that.",
    `Check the data before relying on it: holdfast check ${repository} --read-data-subset 100%`,
    "Keep lifecycle rules that remove noncurrent versions switched off until the evidence has been looked at.",
    "Put the plan, the evidence, the journals and this report where the intruder cannot reach them.",
  ];
}
