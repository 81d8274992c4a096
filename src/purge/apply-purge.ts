import { Failure } from "../base/failure.ts";
import type { Finding } from "../base/finding.ts";
import { formatInstant } from "../base/instant.ts";
import { displayLocation } from "../base/repository-location.ts";
import type { HeldLock } from "../base/state-folder.ts";
import { compareKeys, keyHistories, rowName } from "../history/key-history.ts";
import type { HistoryPages, KeyHistory } from "../history/key-history.ts";
import { damagedFile } from "../history/line-fields.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { decideKey } from "./decide-key.ts";
import type { KeyDecision } from "./decide-key.ts";
import { destroyRows, PurgeOutcome, rowsAhead } from "./destroy-rows.ts";
import type { Destroying, KeyRemoval } from "./destroy-rows.ts";
import { openListing } from "./listing-record.ts";
import type { ListingRecord } from "./listing-record.ts";
import { listing } from "./plan-purge.ts";
import { PurgeJournal } from "./purge-journal.ts";
import { purgeLock } from "./purge-files.ts";
import type { PurgeApplyRequest, PurgePlan, PurgeResult } from "./purge-request.ts";
import { areaOf } from "./purge-totals.ts";
import { requireVersioning } from "./require-versioning.ts";
import { EarlierListing } from "./seen-rows.ts";

/**
 * Destroys what the plan says. The bucket is listed anew beside the saved listing: a row goes only where both, judged by the
 * same rules, let it go, so whatever happened to a key since the plan was shown keeps it. What is to be destroyed is in the
 * journal, durably, before the request goes out. Can be stopped at any moment: the next purge lists what is left.
 *
 * Fails with `refused` where something holds the plan, or `heldNow` finds something, versioning is not Enabled or another
 * purge of the repository is at work; with `damaged-file` where a listing is not what was saved; with `stopped-half-way` where it was interrupted, the store
 * or the disk gave way, or single rows were refused after something was destroyed; with `store-denied` where all was refused
 * for want of a right.
 */
export async function applyPurge(request: PurgeApplyRequest): Promise<PurgeResult> {
  const { plan } = request;
  requireNone(plan, plan.held);
  const lock = await lockPurge(request);
  try {
    await requireLeave(request);
    const passes = await openPasses(request);
    const run = { ...request, repository: plan.repository, location: plan.location.spelling };
    const { repository, location, role, accessKey } = run;
    const evidence = plan.listing.evidence.sha256;
    const startedAt = request.clock.now();
    const facts = { repository, location, cutoff: plan.rules.cutoff, evidence, role, accessKey, startedAt };
    const journal = await PurgeJournal.begin(request.state, plan.stem, facts);
    return await new PurgeWork(request, passes, journal).run();
  } finally {
    await lock.release();
  }
}

function requireNone(plan: PurgePlan, [hold]: readonly Finding[]): void {
  if (hold !== undefined) throw refused(plan, `it is held: ${hold.evidence}`, hold.remedy);
}

/** Somebody may have put a hold on, begun a rollback, or switched versioning off since the plan was shown. */
async function requireLeave({ plan, store, heldNow }: PurgeApplyRequest): Promise<void> {
  requireNone(plan, (await heldNow?.()) ?? []);
  await requireVersioning(store, plan.location);
}

/** What the work reads side by side. */
interface Passes {
  readonly now: HistoryPages;
  readonly saved: HistoryPages;
  /** Of the listing from before the window; null where there is none. Asked for twice. */
  readonly earlier: { readonly record: ListingRecord; pages(): HistoryPages } | null;
}

async function openPasses({ plan, state, store, connections, signal }: PurgeApplyRequest): Promise<Passes> {
  const saved = await requireListing(plan.listing, state);
  const before = plan.earlier === null ? null : await requireListing(plan.earlier, state);
  const { location } = plan;
  return {
    now: listing(store, { location, connections, signal }),
    saved: saved.pages(),
    earlier: before === null || plan.earlier === null ? null : { record: plan.earlier, pages: () => before.pages() },
  };
}

async function requireListing(record: ListingRecord, state: PurgeApplyRequest["state"]) {
  const evidence = await openListing(state, record);
  if (evidence !== null) return evidence;
  throw damagedFile({ what: "evidence", path: record.evidence.path }, "it is not there any more");
}

async function lockPurge({ plan, state }: PurgeApplyRequest): Promise<HeldLock> {
  const lock = await state.lock(purgeLock(plan.repository));
  if (lock.kind === "held") return lock;
  const since = formatInstant(lock.since);
  throw refused(plan, `process ${lock.pid} is at it since ${since}`, "Wait until it has ended, then run it again.");
}

function refused({ location }: PurgePlan, problem: string, hint: string): Failure {
  return new Failure({ kind: "refused", action: "purge", subject: displayLocation(location), problem, hint });
}

/** Rows wait no longer to be destroyed after they were listed, in milliseconds: meanwhile somebody elsewhere may lift a marker. */
const longestWait = 10_000;

/** One pass over the bucket as it is now, and what of it is destroyed. */
class PurgeWork {
  readonly #request: PurgeApplyRequest;
  readonly #passes: Passes;
  readonly #journal: PurgeJournal;
  readonly #means: Destroying;
  readonly #outcome = new PurgeOutcome();
  #removals: KeyRemoval[] = [];
  #gathered = 0;
  #gatheredSince = 0;
  #changed = 0;

  constructor(request: PurgeApplyRequest, passes: Passes, journal: PurgeJournal) {
    this.#request = request;
    this.#passes = passes;
    this.#journal = journal;
    const { store, signal } = request;
    this.#means = { store, journal, signal, requireLeave: async () => await requireLeave(request) };
  }

  async run(): Promise<PurgeResult> {
    try {
      const { versions, markers } = this.#request.plan.totals;
      if (versions + markers > 0) await this.#pass();
      if (this.#outcome.failed === 0) await this.#journal.end(this.#request.clock.now(), this.#counts());
      else await this.#journal.close();
    } catch (error) {
      // What stopped the run is told, also where the disk is too full to close the journal.
      await this.#journal.close().catch(() => undefined);
      throw this.#stopped(error);
    }
    if (this.#outcome.failed > 0) throw this.#refusedRows();
    return { ...this.#counts(), changed: this.#changed, journal: this.#journal.path };
  }

  async #pass(): Promise<void> {
    const planned = this.#decided(this.#passes.saved);
    const standing = this.#decided(this.#passes.now);
    let now = await standing.next();
    for await (const plan of planned) {
      if (plan.decision.going.length === 0) continue;
      while (now.done !== true && compareKeys(now.value.history.key, plan.history.key) < 0)
        now = await this.#next(standing);
      const found = now.done !== true && now.value.history.key === plan.history.key ? now.value : null;
      await this.#take(plan, found);
    }
    // What is left of the listing is read too: a store that cuts it short is told by its end.
    while (now.done !== true) now = await this.#next(standing);
    await this.#destroy();
  }

  async *#decided(pages: HistoryPages): AsyncGenerator<Decided> {
    const { plan } = this.#request;
    const { earlier } = this.#passes;
    const before = earlier === null ? null : new EarlierListing(earlier.record.begunAt, earlier.pages());
    try {
      for await (const history of keyHistories(pages)) {
        if (areaOf(history.key.slice(plan.rules.prefix.length)) === null) continue;
        const seen = before === null ? null : await before.of(history.key);
        yield { history, decision: decideKey(history, seen, plan.rules) };
      }
    } finally {
      await before?.close();
    }
  }

  async #take(planned: Decided, found: Decided | null): Promise<void> {
    const wanted = new Set(planned.decision.going.flat().map(rowName));
    const isPlanned = (row: HistoryRow): boolean => wanted.has(rowName(row));
    const groups = found?.decision.going ?? [];
    const strange = groups.findIndex((group) => !group.every(isPlanned));
    // A group goes only when all before it goes.
    const removal = strange === -1 ? groups : groups.slice(0, strange + 1).map((group) => group.filter(isPlanned));
    const rows = removal.flat().length;
    this.#changed += wanted.size - rows;
    if (rows === 0) return;
    if (this.#removals.length === 0) this.#gatheredSince = this.#request.clock.now();
    this.#removals.push(removal);
    this.#gathered += rows;
    if (this.#gathered >= rowsAhead) await this.#destroy();
  }

  async #next(standing: AsyncGenerator<Decided>): Promise<IteratorResult<Decided>> {
    const isOverdue = this.#removals.length > 0 && this.#request.clock.now() - this.#gatheredSince >= longestWait;
    if (isOverdue) await this.#destroy();
    return await standing.next();
  }

  async #destroy(): Promise<void> {
    const removals = this.#removals;
    this.#removals = [];
    this.#gathered = 0;
    await destroyRows(removals, this.#outcome, this.#means);
    const { versions, markers } = this.#request.plan.totals;
    const { versionsRemoved, markersRemoved } = this.#outcome;
    this.#request.onProgress?.({ stage: "destroy", done: versionsRemoved + markersRemoved, total: versions + markers });
  }

  #counts() {
    const { versionsRemoved, markersRemoved, bytesFreed, failed } = this.#outcome;
    return { versionsRemoved, markersRemoved, bytesFreed, failed };
  }

  #details(): Readonly<Record<string, string>> {
    const { versionsRemoved, markersRemoved, bytesFreed, failed } = this.#counts();
    const counts = { versionsRemoved, markersRemoved, bytesFreed, failed, changed: this.#changed };
    const texts = Object.entries(counts).map(([name, count]) => [name, count.toString()] as const);
    return { ...Object.fromEntries(texts), journal: this.#journal.path };
  }

  /** Before the first request to destroy anything it is what it is; later it is stopped half-way. */
  #stopped(error: unknown): unknown {
    if (!(error instanceof Failure) || !this.#outcome.hasBegun) return error;
    if (error.kind === "refused" || error.kind === "store-denied") return error.with(this.#details());
    return new Failure({
      kind: "stopped-half-way",
      action: "purge",
      subject: displayLocation(this.#request.plan.location),
      problem: error.problem,
      hint: `Run it again, it goes on: holdfast purge ${this.#request.plan.repository}`,
      details: { ...error.details, ...this.#details() },
      cause: error,
    });
  }

  #refusedRows(): Failure {
    const { failed, denied, firstProblem } = this.#outcome;
    const isDenied = denied === failed;
    return new Failure({
      kind: isDenied ? "store-denied" : "stopped-half-way",
      action: "purge",
      subject: displayLocation(this.#request.plan.location),
      problem: `the store refused to destroy ${failed} versions and markers, ${firstProblem ?? ""}`,
      hint: isDenied
        ? `The key needs s3:DeleteObjectVersion: holdfast policy purger ${this.#request.plan.repository}`
        : "A version under object lock stays until its retention ends. Otherwise run it again.",
      details: this.#details(),
    });
  }
}

interface Decided {
  readonly history: KeyHistory;
  readonly decision: KeyDecision;
}
