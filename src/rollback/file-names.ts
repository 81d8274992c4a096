import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { LineFile, StateFolder } from "../base/state-folder.ts";

/** The folders of the state folder that a rollback writes to. */
const folders = { plan: "plans", evidence: "evidence", journal: "journals" } as const;
type Kind = keyof typeof folders;

/** The name in the state folder of a file of a rollback; a plan's stem is what the user calls it by. */
export function rollbackFile(kind: Kind, stem: string): string {
  return `${folders[kind]}/${stem}.${kind}.jsonl`;
}

/** `home-20261120T025959Z`; with `-2`, `-3` … where a plan or evidence of that name is there already. */
async function freeStem(state: StateFolder, repository: string, to: Instant): Promise<string> {
  const plain = `${repository}-${compactInstant(to)}`;
  const taken = new Set([...(await state.list(folders.plan)), ...(await state.list(folders.evidence))]);
  const isFree = (stem: string): boolean => !taken.has(`${stem}.plan.jsonl`) && !taken.has(`${stem}.evidence.jsonl`);
  let stem = plain;
  for (let count = 2; !isFree(stem); count++) stem = `${plain}-${count}`;
  return stem;
}

/** How often a name may be taken by another plan between the look and the making. */
const mostTries = 20;

/** A free stem with its evidence file, new and empty: of plans that are made at once each takes a name of its own. */
export async function takeStem(
  state: StateFolder,
  repository: string,
  to: Instant,
): Promise<{ readonly stem: string; readonly file: LineFile }> {
  for (let tries = 1; ; tries++) {
    const stem = await freeStem(state, repository, to);
    try {
      return { stem, file: await state.create(rollbackFile("evidence", stem)) };
    } catch (error) {
      const isTaken = (await freeStem(state, repository, to)) !== stem;
      if (!isTaken || tries === mostTries) throw error;
    }
  }
}

/** The journals of one plan, the oldest first, and the name that the next one takes: each run has its own. */
export async function journalNames(
  state: StateFolder,
  stem: string,
): Promise<{ readonly earlier: readonly string[]; readonly next: string }> {
  const present = new Set(await state.list(folders.journal));
  const earlier: string[] = [];
  let run = 1;
  for (; present.has(`${stem}-${run}.journal.jsonl`); run++) earlier.push(rollbackFile("journal", `${stem}-${run}`));
  return { earlier, next: rollbackFile("journal", `${stem}-${run}`) };
}

/** `20261120T025959Z`: no colons, which some file systems refuse. */
export function compactInstant(instant: Instant): string {
  return formatInstant(instant).replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
}
