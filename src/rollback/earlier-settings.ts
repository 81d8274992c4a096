import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { StateFolder } from "../base/state-folder.ts";
import type { EvidenceHeader } from "../history/evidence-header.ts";
import { readEvidence } from "../history/read-evidence.ts";
import { evidenceNames } from "./file-names.ts";
import type { EarlierSettings } from "./setting-findings.ts";

interface Search {
  readonly repository: string;
  readonly location: RepositoryLocation;
  /** The path of the evidence that is compared with what is found. */
  readonly except: string;
  readonly before: Instant;
}

/** How the bucket was set when evidence of the repository was saved last; null where there is none that can be read. */
export async function earlierSettings(state: StateFolder, search: Search): Promise<EarlierSettings | null> {
  let latest: EvidenceHeader | null = null;
  for (const name of await evidenceNames(state, search.repository)) {
    if (state.pathOf(name) === search.except) continue;
    const header = await headerOf(state, name);
    if (header === null || !isOf(header, search)) continue;
    if (latest === null || header.takenAt > latest.takenAt) latest = header;
  }
  return latest;
}

/** Null also for evidence that is damaged: whoever plans with that one is told. */
async function headerOf(state: StateFolder, name: string): Promise<EvidenceHeader | null> {
  const file = await state.open(name);
  if (file === null) return null;
  try {
    return (await readEvidence(file)).header;
  } catch (error) {
    if (error instanceof Failure && error.kind === "damaged-file") return null;
    throw error;
  }
}

function isOf({ bucket, prefix, takenAt }: EvidenceHeader, { location, before }: Search): boolean {
  return bucket === location.bucket && prefix === location.prefix && takenAt <= before;
}
