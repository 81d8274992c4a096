import { Failure } from "../base/failure.ts";
import type { Finding } from "../base/finding.ts";
import { formatInstant, type Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { readRecord } from "../retention/record-file.ts";
import type { CheckOnRecord } from "../retention/record.ts";
import { readPlan } from "../rollback/plan-file.ts";
import { notedPlan } from "../rollback/plan-note.ts";
import { readJournals } from "../rollback/read-journals.ts";

/** Which repository, and since when a rollback that was begun and not ended counts. */
interface HoldSearch {
  readonly repository: string;
  readonly since: Instant;
}

/**
 * What this host knows to stand against any purge of a repository: a hold, findings that nobody has settled, a last check that
 * found errors, and a rollback that stands half-way and may need what is older than the window. Fails with `damaged-file`
 * where the record of holds and findings cannot be read.
 */
export async function purgeHolds(state: StateFolder, search: HoldSearch): Promise<readonly Finding[]> {
  return [...(await recordHolds(state, search)), ...(await rollbackHolds(state, search))];
}

/** Asks for `purgeHolds` again and again while a purge runs; plans are read anew only where a run of one has begun since. */
export function purgeWatch(state: StateFolder, search: HoldSearch): () => Promise<readonly Finding[]> {
  let known: { readonly journals: string; readonly holds: readonly Finding[] } | null = null;
  return async () => {
    const journals = (await state.list("journals")).toSorted().join("\n");
    if (known?.journals !== journals) known = { journals, holds: await rollbackHolds(state, search) };
    return [...(await recordHolds(state, search)), ...known.holds];
  };
}

async function recordHolds(state: StateFolder, { repository }: HoldSearch): Promise<readonly Finding[]> {
  const record = await readRecord(state, repository);
  const alarm = { severity: "alarm", subject: repository } as const;
  const findings = (record?.findings ?? []).map(({ id, rail, subject, evidence }): Finding => {
    const remedy = `Settle it: holdfast release ${repository} --finding ${id} --reason TEXT`;
    return { rule: rail, severity: "alarm", subject, evidence, remedy };
  });
  const hold = record?.hold ?? null;
  const damaged = checkHolds(repository, record?.check ?? null);
  if (hold === null) return [...findings, ...damaged];
  const evidence = `it is on hold since ${formatInstant(hold.since)}: ${hold.reason}`;
  const remedy = `When it is over: holdfast release ${repository}`;
  return [{ rule: "hold", ...alarm, evidence, remedy }, ...findings, ...damaged];
}

/** What a check misses may be hidden, and what a purge destroys be all that is left of it. */
function checkHolds(repository: string, check: CheckOnRecord | null): readonly Finding[] {
  if (check === null || check.errors === 0) return [];
  const evidence = `the check of ${formatInstant(check.at)} found errors: ${check.errors}`;
  const subset = check.readData === null ? "" : ` --read-data-subset ${check.readData}`;
  const remedy = `Bring back what is missing (holdfast rollback plan), until this finds none: holdfast check ${repository}${subset}`;
  return [{ rule: "check-failed", severity: "alarm", subject: repository, evidence, remedy }];
}

const planFile = /^(.+)\.plan\.jsonl$/;

async function rollbackHolds(state: StateFolder, search: HoldSearch): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const file of await state.list("plans")) {
    const name = planFile.exec(file)?.[1];
    const finding = name === undefined ? null : await rollbackHold(state, name, search);
    if (finding !== null) found.push(finding);
  }
  return found;
}

async function rollbackHold(state: StateFolder, name: string, search: HoldSearch): Promise<Finding | null> {
  const { repository, since } = search;
  const common = { severity: "alarm", subject: name } as const;
  try {
    const file = await state.open(`plans/${name}.plan.jsonl`);
    const plan = file === null ? null : await readPlan(file);
    if (plan?.header.repository !== repository) return null;
    const { startedAt, isEnded } = await readJournals(state, plan);
    if (startedAt === null || isEnded || startedAt < since) return null;
    // What took its place has journals of its own.
    for (const kind of ["undo", "successor"] as const) if ((await notedPlan(state, plan, kind)) !== null) return null;
    const evidence = `a rollback that was begun at ${formatInstant(startedAt)} has not come to its end`;
    const remedy = `End it first: holdfast rollback status ${name}`;
    return { rule: "rollback-half-way", ...common, evidence, remedy };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "damaged-file") throw error;
    const remedy = "Bring the file back from a copy, or move the plan and its journals away.";
    return { rule: "rollback-unreadable", ...common, evidence: error.problem, remedy };
  }
}
