import { compactInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";

/** The folders of the state folder that a rollback writes to. */
const folders = { plan: "plans", evidence: "evidence", journal: "journals" } as const;
type Kind = keyof typeof folders;
export const evidenceFolder = folders.evidence;

/** The name in the state folder of a file of a rollback; a plan's stem is what the user calls it by. */
export function rollbackFile(kind: Kind, stem: string): string {
  return `${folders[kind]}/${stem}.${kind}.jsonl${kind === "evidence" ? ".gz" : ""}`;
}

/** `home-20261120T025959Z`; with `-2`, `-3` … where a plan or evidence of that name is there already. */
async function freeStem(state: StateFolder, repository: string, to: Instant): Promise<string> {
  const plain = `${repository}-${compactInstant(to)}`;
  const names = [...(await state.list(folders.plan)), ...(await state.list(folders.evidence))];
  const taken = new Set(names.map((name) => name.replace(/\.(plan|evidence)\.jsonl(\.gz)?$/, "")));
  let stem = plain;
  for (let count = 2; taken.has(stem); count++) stem = `${plain}-${count}`;
  return stem;
}

/** How often a name may be taken by another plan between the look and the making. */
const mostTries = 20;

/**
 * A free stem and what `make` opened under it, new and empty: of plans that are made at once each takes a name of its own.
 * `make` fails where the name is taken meanwhile.
 */
export async function takeStem<T>(
  state: StateFolder,
  { repository, to }: { readonly repository: string; readonly to: Instant },
  make: (stem: string) => Promise<T>,
): Promise<{ readonly stem: string; readonly file: T }> {
  for (let tries = 1; ; tries++) {
    const stem = await freeStem(state, repository, to);
    try {
      return { stem, file: await make(stem) };
    } catch (error) {
      const isTaken = (await freeStem(state, repository, to)) !== stem;
      if (!isTaken || tries === mostTries) throw error;
    }
  }
}

/** The evidence that was saved of a repository, by its names in the state folder. */
export async function evidenceNames(state: StateFolder, repository: string): Promise<readonly string[]> {
  const names = await state.list(folders.evidence);
  const ours = /^(.+)-\d{8}T\d{6}Z(-\d+)?\.evidence\.jsonl\.gz$/;
  return names.filter((name) => ours.exec(name)?.[1] === repository).map((name) => `${folders.evidence}/${name}`);
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
