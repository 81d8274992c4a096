import { compactInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";

const folder = "purges";
const endings = { evidence: "evidence.jsonl.gz", record: "record.json", journal: "journal.jsonl" } as const;
type Kind = keyof typeof endings;

/** The name in the state folder of a file of one purge. */
export function purgeFile(kind: Kind, stem: string): string {
  return `${folder}/${stem}.${endings[kind]}`;
}

/** The lock under which a repository is purged. */
export function purgeLock(repository: string): string {
  return `${folder}/${repository}.lock`;
}

/** The stems of which there is a file of that kind, the oldest first. */
export async function purgeStems(state: StateFolder, kind: Kind, repository: string): Promise<readonly string[]> {
  const ending = `.${endings[kind]}`;
  const stems = (await state.list(folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length));
  const ours = /^(.+)-(\d{8}T\d{6}Z)-(\d+)$/;
  return stems
    .map((stem) => ({ stem, match: ours.exec(stem) }))
    .filter(({ match }) => match?.[1] === repository)
    .sort((a, b) => compareTexts(a.match?.[2], b.match?.[2]) || Number(a.match?.[3]) - Number(b.match?.[3]))
    .map(({ stem }) => stem);
}

/** `home-20261121T144000Z-1`, counted on where that evidence is there already. */
export async function freePurgeStem(state: StateFolder, repository: string, at: Instant): Promise<string> {
  const taken = new Set(await purgeStems(state, "evidence", repository));
  const day = compactInstant(at);
  for (let run = 1; ; run++) if (!taken.has(`${repository}-${day}-${run}`)) return `${repository}-${day}-${run}`;
}

function compareTexts(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
