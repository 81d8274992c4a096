import type { Finding } from "../base/finding.ts";
import { addMilliseconds } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { displayLocation } from "../base/repository-location.ts";
import { EvidenceWriter } from "../history/evidence.ts";
import type { EvidenceHeader } from "../history/evidence-header.ts";
import { keyHistories } from "../history/key-history.ts";
import type { HistoryPages, KeyHistory } from "../history/key-history.ts";
import { currentRow } from "../history/state-at.ts";
import { shardedHistory } from "../history/shards.ts";
import type { BucketSettings } from "../store/bucket-settings.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { usualConnections } from "../store/usual-connections.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { decideKey } from "./decide-key.ts";
import type { LeftBecause, PurgeRules } from "./decide-key.ts";
import { LifecycleOutlook } from "./lifecycle-outlook.ts";
import { GapSearch } from "./listing-gaps.ts";
import { newestBefore, savedListings, saveListing } from "./listing-record.ts";
import type { ListingRecord } from "./listing-record.ts";
import { freePurgeStem, purgeFile } from "./purge-files.ts";
import { brokenRun } from "./purge-journal.ts";
import type { PurgePlan, PurgePlanRequest } from "./purge-request.ts";
import { areaOf, PurgeTally } from "./purge-totals.ts";
import type { PurgeArea } from "./purge-totals.ts";
import { requireVersioning } from "./require-versioning.ts";
import { EarlierListing } from "./seen-rows.ts";

/**
 * Reads the whole version history, saves it as evidence, and adds up what no instant of the recovery window needs, see
 * `decideKey`. Reads the bucket only; memory does not grow with it. The evidence stays, also of a dry run: from the day that
 * it is older than the window it proves what was superseded by then.
 *
 * Fails with `refused` unless versioning is Enabled; with `damaged-file` where an earlier listing or journal of ours was
 * edited; and as the store and the state folder fail. What else stands against it is data: `held` for all of it, findings
 * for single keys.
 */
export async function planPurge(request: PurgePlanRequest): Promise<PurgePlan> {
  const { repository, location, store, state, clock, window, order, idTime = "none", dates } = request;
  await requireVersioning(store, location);
  const [settings, begun] = await Promise.all([store.settings(), store.readClock()]);
  // Whichever of two clocks runs ahead would make everything old.
  const now = Math.min(begun.store, begun.ours) as Instant;
  const rules: PurgeRules = { prefix: location.prefix, cutoff: addMilliseconds(now, 0 - window), order, idTime, dates };
  const broken = await brokenRun(state, repository);
  const listings = await savedListings(state, repository, location);
  const before = await newestBefore(state, listings, rules.cutoff);
  const stem = await freePurgeStem(state, repository, clock.now());
  const { bucket, prefix } = location;
  const writer = await beginEvidence(request, stem, {
    bucket,
    prefix,
    versioning: "enabled",
    takenAt: clock.now(),
    order,
    idTime,
    settings,
    openUploads: null,
  });
  const earlier = before === null ? null : new EarlierListing(before.record.begunAt, before.evidence.pages());
  const reading = new PlanReading(request, { rules, settings, now, earlier, begunAt: begun.store });
  try {
    await reading.run(writer);
  } catch (error) {
    await writer.abandon().catch(() => undefined);
    throw error;
  }
  const ended = await store.readClock();
  const evidence = await writer.finish();
  const endedAt = Math.max(ended.store, ended.ours) as Instant;
  const listing: ListingRecord = { begunAt: begun.store, endedAt, evidence };
  await saveListing(state, { stem, location, record: listing });
  const totals = reading.tally.totals();
  return {
    ...{ repository, location, stem, rules, now, listing, totals, broken },
    earlier: before?.record ?? null,
    possibleFrom: totals.waiting === 0 ? null : addMilliseconds(nextToCount(listings, rules, listing).endedAt, window),
    lifecycle: reading.outlook.rules(),
    held: [...(request.held ?? []), ...settingHolds(settings, request), ...reading.holds()],
  };
}

/** The listing that is the next to be older than the window. */
function nextToCount(listings: readonly ListingRecord[], { cutoff }: PurgeRules, newest: ListingRecord): ListingRecord {
  return listings.find(({ endedAt }) => endedAt > cutoff) ?? newest;
}

async function beginEvidence(
  { state }: PurgePlanRequest,
  stem: string,
  header: EvidenceHeader,
): Promise<EvidenceWriter> {
  const name = purgeFile("evidence", stem);
  return await EvidenceWriter.begin(await state.createSealed(name), name, header);
}

interface Means {
  readonly rules: PurgeRules;
  readonly settings: BucketSettings;
  readonly now: Instant;
  readonly begunAt: Instant;
  readonly earlier: EarlierListing | null;
}

/** One reading of the history: saved, judged and added up as it comes. */
class PlanReading {
  readonly tally: PurgeTally;
  readonly outlook: LifecycleOutlook;
  readonly #request: PurgePlanRequest;
  readonly #rules: PurgeRules;
  readonly #earlier: EarlierListing | null;
  readonly #gaps: GapSearch;
  readonly #whole = new WholeRepository();
  #rows = 0;

  constructor(request: PurgePlanRequest, { rules, settings, now, earlier, begunAt }: Means) {
    this.#request = request;
    this.#rules = rules;
    this.#earlier = earlier;
    this.tally = new PurgeTally(rules.idTime);
    this.outlook = new LifecycleOutlook(settings.lifecycle, { now, idTime: rules.idTime });
    this.#gaps = new GapSearch(begunAt, request.store.listCurrent(rules.prefix));
  }

  async run(writer: EvidenceWriter): Promise<void> {
    try {
      for await (const history of keyHistories(this.#saved(writer))) await this.#see(history);
      await this.#gaps.finish();
      await this.#earlier?.finish();
    } finally {
      await this.#gaps.close();
      await this.#earlier?.close();
    }
    this.#request.onProgress?.({ stage: "list", done: this.#rows, total: this.#rows });
  }

  holds(): readonly Finding[] {
    const subject = displayLocation(this.#request.location);
    return [...gapHolds(this.#gaps, subject), ...this.#whole.holds(subject)];
  }

  async *#saved(writer: EvidenceWriter): AsyncGenerator<readonly HistoryRow[]> {
    for await (const page of listing(this.#request.store, this.#request)) {
      await writer.add(page);
      this.#rows += page.length;
      this.#request.onProgress?.({ stage: "list", done: this.#rows, total: null });
      yield page;
    }
  }

  async #see(history: KeyHistory): Promise<void> {
    await this.#gaps.see(history);
    const area = areaOf(history.key.slice(this.#rules.prefix.length));
    if (area === null) {
      this.tally.foreign(history.rows);
      return;
    }
    this.#whole.see(area, history.rows);
    const seen = this.#earlier === null ? null : await this.#earlier.of(history.key);
    const decision = decideKey(history, seen, this.#rules);
    this.outlook.see(decision.rows);
    this.tally.add(area, decision);
    if (decision.left !== null) this.#request.onLeft?.(leftFinding(history, decision.left));
  }
}

/** The history of the whole repository as it is now. */
export function listing(
  store: ReadableStore,
  { location, connections = usualConnections, signal }: Pick<PurgePlanRequest, "location" | "connections" | "signal">,
): HistoryPages {
  return shardedHistory(store, { prefix: location.prefix, connections, signal });
}

function leftFinding({ key, rows }: KeyHistory, left: LeftBecause): Finding {
  const common = { rule: `purge-${left}`, severity: "warning", subject: key } as const;
  switch (left) {
    case "order": {
      const evidence = `the order of its ${rows.length} versions and markers, their dates and what was seen of them disagree`;
      return { ...common, evidence, remedy: "It is left as it is. Look at its versions." };
    }
    case "overwritten": {
      const evidence = "it was overwritten with other contents, which restic never does";
      const remedy = "It is left as it is. Find out which version is right: holdfast rollback plan hashes them.";
      return { ...common, evidence, remedy };
    }
  }
}

function gapHolds(gaps: GapSearch, subject: string): readonly Finding[] {
  if (gaps.first === null) return [];
  const { key, problem } = gaps.first;
  const evidence = `${gaps.count} objects that a plain listing shows do not fit the history of versions; ${key} ${problem}`;
  const remedy = "Try again; if it stays so, the store's version listing cannot be relied on.";
  return [{ rule: "listing-gap", severity: "alarm", subject, evidence, remedy }];
}

function settingHolds(settings: BucketSettings, { location }: PurgePlanRequest): readonly Finding[] {
  const excluded = settings.versioning.kind === "set" ? settings.versioning.value.excludedPrefixes : [];
  if (excluded.length === 0) return [];
  const evidence = `versioning leaves out ${excluded.join(", ")}: what is written there replaces what is there`;
  const remedy = "Take the excluded prefixes out of the bucket's versioning.";
  return [{ rule: "versioning-excludes", severity: "alarm", subject: displayLocation(location), evidence, remedy }];
}

/** A repository of which config, keys or snapshots are hidden has been attacked: its history is what brings it back. */
class WholeRepository {
  readonly #standing = new Set<PurgeArea>();
  readonly #known = new Set<PurgeArea>();

  see(area: PurgeArea, rows: readonly HistoryRow[]): void {
    this.#known.add(area);
    if (currentRow(rows)?.kind === "version") this.#standing.add(area);
  }

  holds(subject: string): readonly Finding[] {
    const gone = (["config", "keys", "snapshots"] as const).filter(
      (area) => this.#known.has(area) && !this.#standing.has(area),
    );
    if (gone.length === 0) return [];
    const evidence = `nothing of ${gone.join(", ")} stands any more: all that is left of it are older versions`;
    const remedy =
      "Bring the repository back (holdfast rollback plan), or make a backup, before anything is destroyed.";
    return [{ rule: "repository-not-whole", severity: "alarm", subject, evidence, remedy }];
  }
}
