import { Failure } from "../base/failure.ts";
import type { Finding } from "../base/finding.ts";
import { formatInstant, type Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { readRecord } from "../retention/record-file.ts";
import { readPlan } from "../rollback/plan-file.ts";
import { notedPlan } from "../rollback/plan-note.ts";
import { readJournals } from "../rollback/read-journals.ts";

/** Which repository, and since when a rollback that was begun and not ended counts. */
interface HoldSearch {
  readonly repository: string;
  readonly since: Instant;
}

/**
 * What this host knows to stand against any purge of a repository: a hold, findings that nobody has settled, and a rollback
 * that stands half-way and may need what is older than the window. Fails with `damaged-file` where the record of holds and
 * findings cannot be read.
 */
export async function purgeHolds(state: StateFolder, search: HoldSearch): Promise<readonly Finding[]> {
  return [...(await recordHolds(state, search)), ...(await rollbackHolds(state, search))];
}

async function recordHolds(state: StateFolder, { repository }: HoldSearch): Promise<readonly Finding[]> {
  const record = await readRecord(state, repository);
  const alarm = { severity: "alarm", subject: repository } as const;
  const findings = (record?.findings ?? []).map(({ id, rail, subject, evidence }): Finding => {
    const remedy = `Settle it: holdfast release ${repository} --finding ${id} --reason TEXT`;
    return { rule: rail, severity: "alarm", subject, evidence, remedy };
  });
  const hold = record?.hold ?? null;
  if (hold === null) return findings;
  const evidence = `it is on hold since ${formatInstant(hold.since)}: ${hold.reason}`;
  return [{ rule: "hold", ...alarm, evidence, remedy: `When it is over: holdfast release ${repository}` }, ...findings];
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
