import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { displayLocation } from "../base/repository-location.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { TextFile } from "../base/state-folder.ts";
import type { EvidenceWriter } from "../history/evidence.ts";
import type { HistoryPages } from "../history/key-history.ts";
import { readEvidence } from "../history/read-evidence.ts";
import type { EvidenceReading } from "../history/read-evidence.ts";
import { shardedHistory } from "../history/shards.ts";
import { versioningIn } from "../store/bucket-settings.ts";
import type { BucketSettings, OpenUpload } from "../store/bucket-settings.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { ClockReading, ReadableStore, Versioning } from "../store/versioned-store.ts";

/** Where a plan's history comes from: the bucket itself, or evidence that was saved of it. */
export interface PlanSource {
  readonly versioning: Versioning;
  readonly settings: BucketSettings;
  readonly openUploads: readonly OpenUpload[] | null;
  /** The newest instant that T may be: the store's time of day, or when the evidence was taken. */
  readonly now: Instant;
  /** Null for evidence. */
  readonly clock: ClockReading | null;
  /** Rows under a prefix, in the order of a listing. May be asked for again. */
  pages(prefix: string): HistoryPages;
}

interface Reach {
  readonly prefix: string;
  readonly connections: number;
  readonly signal?: AbortSignal;
}

/** Asks for versioning, settings, open uploads and the time; fails as the store fails. */
export async function storeSource(store: ReadableStore, { prefix, ...reach }: Reach): Promise<PlanSource> {
  const [settings, openUploads] = await Promise.all([store.settings(), store.openUploads(prefix)]);
  const versioning = versioningIn(settings) ?? (await store.versioning());
  // After the others: their replies may have told it.
  const clock = await store.readClock();
  const pages = (under: string): HistoryPages => shardedHistory(store, { prefix: under, ...reach });
  return { versioning, settings, openUploads, now: clock.store, clock, pages };
}

/** `damaged-file` where the evidence is not whole; `usage` where it is of another bucket or prefix. */
export async function evidenceSource(file: TextFile, location: RepositoryLocation): Promise<PlanSource> {
  const evidence = await readEvidence(file);
  const { bucket, prefix, versioning, settings, openUploads, takenAt } = evidence.header;
  if (bucket !== location.bucket || prefix !== location.prefix) {
    throw new Failure({
      kind: "usage",
      action: "plan from the evidence",
      subject: file.path,
      problem: `it is of ${bucket}/${prefix}, and the repository stands at ${displayLocation(location)}`,
      hint: "Name the repository that it was taken of, or other evidence.",
    });
  }
  const pages = (under: string): HistoryPages => pagesUnder(evidence, under);
  return { versioning, settings, openUploads, now: takenAt, clock: null, pages };
}

/** Passes the pages on, each only after it was handed to the evidence. */
export async function* savedPages(pages: HistoryPages, writer: EvidenceWriter): AsyncGenerator<readonly HistoryRow[]> {
  for await (const page of pages) {
    await writer.add(page);
    yield page;
  }
}

async function* pagesUnder(evidence: EvidenceReading, prefix: string): AsyncGenerator<readonly HistoryRow[]> {
  for await (const page of evidence.pages()) {
    if (prefix === evidence.header.prefix) yield page;
    else {
      const rows = page.filter(({ key }) => key.startsWith(prefix));
      if (rows.length > 0) yield rows;
    }
  }
}
