import { Failure } from "../base/failure.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { StateFolder, TextFile } from "../base/state-folder.ts";
import type { EvidenceSeal } from "../history/evidence.ts";
import { damagedFile, Fields } from "../history/line-fields.ts";
import { readEvidence } from "../history/read-evidence.ts";
import type { EvidenceReading } from "../history/read-evidence.ts";
import { purgeFile, purgeStems } from "./purge-files.ts";

/** That a whole listing of a repository was read and saved, and when. */
export interface ListingRecord {
  readonly begunAt: Instant;
  /** By the later of the store's clock and ours: what the listing holds was there by then. */
  readonly endedAt: Instant;
  readonly evidence: EvidenceSeal;
}

type Place = Pick<RepositoryLocation, "endpoint" | "bucket" | "prefix">;

/** Durable on return. Without it evidence is not taken for a whole listing. */
export async function saveListing(
  state: StateFolder,
  { stem, location, record }: { readonly stem: string; readonly location: Place; readonly record: ListingRecord },
): Promise<void> {
  const { endpoint, bucket, prefix } = location;
  const { begunAt, endedAt, evidence } = record;
  const times = { begunAt: formatInstant(begunAt), endedAt: formatInstant(endedAt) };
  const line = { type: "listing", version: 1, endpoint, bucket, prefix, ...times, sha256: evidence.sha256 };
  await state.replace(purgeFile("record", stem), `${JSON.stringify(line)}\n`);
}

/**
 * The listings of a repository that were saved, the oldest first; those of another place, where it stood once, left out.
 * `damaged-file` where a record cannot be read.
 */
export async function savedListings(
  state: StateFolder,
  repository: string,
  location: Place,
): Promise<readonly ListingRecord[]> {
  const found: ListingRecord[] = [];
  for (const stem of await purgeStems(state, "record", repository)) {
    const record = await readRecord(state, stem, location);
    if (record !== null) found.push(record);
  }
  return found.sort((a, b) => a.endedAt - b.endedAt);
}

async function readRecord(state: StateFolder, stem: string, location: Place): Promise<ListingRecord | null> {
  const name = purgeFile("record", stem);
  const text = await state.read(name);
  if (text === null) return null;
  const file = { what: "record of a listing", path: state.pathOf(name) };
  const line = new Fields(objectIn(text) ?? {}, file, 1);
  line.oneOf("type", ["listing"]);
  if (line.count("version") !== 1) throw line.wrong("it was written by another version of Holdfast");
  const { endpoint, bucket, prefix } = location;
  const isHere =
    line.text("endpoint") === endpoint && line.text("bucket") === bucket && line.textOrEmpty("prefix") === prefix;
  if (!isHere) return null;
  const evidence = purgeFile("evidence", stem);
  return {
    begunAt: line.instant("begunAt"),
    endedAt: line.instant("endedAt"),
    evidence: { name: evidence, path: state.pathOf(evidence), sha256: line.text("sha256") },
  };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

/**
 * The newest of `listings` that had ended by `cutoff` and whose evidence is still there; null where there is none.
 * `damaged-file` where that evidence is not what was saved.
 */
export async function newestBefore(
  state: StateFolder,
  listings: readonly ListingRecord[],
  cutoff: Instant,
): Promise<{ readonly record: ListingRecord; readonly evidence: EvidenceReading } | null> {
  for (const record of listings.toReversed()) {
    if (record.endedAt > cutoff) continue;
    const evidence = await openListing(state, record);
    if (evidence !== null) return { record, evidence };
  }
  return null;
}

/** The evidence of a listing; null where it is gone, `damaged-file` where it is not what was saved. */
export async function openListing(state: StateFolder, { evidence }: ListingRecord): Promise<EvidenceReading | null> {
  const file = await state.open(evidence.name);
  if (file === null) return null;
  await requireUnchanged(file, evidence);
  return await readEvidence(file);
}

async function requireUnchanged(file: TextFile, { sha256 }: EvidenceSeal): Promise<void> {
  if ((await file.sha256()) === sha256) return;
  const { action, subject, problem } = damagedFile(
    { what: "evidence", path: file.path },
    "its SHA-256 is not the one it was saved with",
  );
  throw new Failure({
    kind: "damaged-file",
    action,
    subject,
    problem,
    hint: "Nothing was destroyed. Find out who changed it; moved away, it no longer counts and older listings do.",
  });
}
