import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { isNullVersion } from "../base/version-id.ts";
import { parseEvidence } from "../history/evidence.ts";
import { keyHistories } from "../history/key-history.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { currentRow } from "../history/state-at.ts";
import type { RestorableStore } from "../store/versioned-store.ts";
import { requireAccepted } from "./accept.ts";
import type { AcceptWord } from "./accept.ts";
import { ApplyReport } from "./apply-report.ts";
import type { ApplyTally } from "./apply-report.ts";
import { changesSince } from "./changes-since.ts";
import type { KeyChange } from "./changes-since.ts";
import { requireEvidence, requireNoFreshLock, requireVersioning, switchedOff } from "./guard.ts";
import { inParallel, objectsAtOnce } from "./in-parallel.ts";
import { Journal } from "./journal.ts";
import type { StepResult } from "./journal.ts";
import type { RollbackPlan } from "./plan-file.ts";
import type { UnrecoverableKey } from "./plan.ts";
import { rememberingHasher } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { runStage } from "./run-stage.ts";
import type { Acting, StepProblem } from "./run-stage.ts";
import { listedPrefix, stages } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { standingOf } from "./standing.ts";
import type { Standing } from "./standing.ts";
import type { RollbackStep } from "./step.ts";

export interface ApplyProgress {
  /** `bring back data`, `hide keys`, see `stages`. */
  readonly stage: string;
  /** Steps of the whole plan that are settled, and all there are. */
  readonly done: number;
  readonly total: number;
}

export interface ApplyRequest {
  readonly plan: RollbackPlan;
  readonly store: RestorableStore;
  readonly clock: Clock;
  readonly state: StateFolder;
  readonly accepted: ReadonlySet<AcceptWord>;
  /** Goes the same way and stops before the first write, the journal included; `done` then counts what would be done. */
  readonly dryRun?: boolean;
  /** The role whose key the store was opened with, for messages; `rescuer` where it is left out. */
  readonly role?: string;
  /** Reads a file by its path, null where there is none: for evidence that is not in this state folder. */
  readonly readFile?: (path: string) => Promise<string | null>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ApplyProgress) => void;
}

export interface ApplyResult {
  readonly done: number;
  /** Steps whose keys showed already what they should. */
  readonly skipped: number;
  readonly failed: number;
  /** Keys that somebody has written since the plan; left alone. More than none only where `changed` was accepted. */
  readonly changed: number;
  readonly changedKeys: readonly KeyChange[];
  /** What the plan could not bring back, and the user accepted; `apply` is done only as far as possible. */
  readonly unrecoverable: readonly UnrecoverableKey[];
  /** The path of this run's journal; null for a dry run. */
  readonly journal: string | null;
}

/**
 * Carries out a plan: stage by stage, each after a look at its keys as they stand now. Idempotent: what shows already
 * what it should is skipped, so the same call again goes on where one stopped. Removes nothing but delete markers that
 * the plan names, and those only after the journal that names them is on disk. A stage that did not come out whole is
 * the last one: nothing is hidden, and nothing that points to data comes back, on top of a failed "bring back".
 *
 * Fails before the first write with `refused` (a word missing in `accepted`, versioning not Enabled, a fresh lock),
 * `damaged-file` (evidence or an earlier journal) and `bucket-changed` (anything under the prefix was written since the
 * plan, unless `changed` is accepted). Later: `stopped-half-way` when it was interrupted, the store or the disk gave
 * way after something was written, or single objects failed; `store-denied` when all that failed was refused for want
 * of a right; `refused` when versioning was switched off or a lock turned up under way; `bucket-changed` after a stage
 * in which keys were written by somebody. A dry run fails as the real one would.
 */
export async function applyRollback(request: ApplyRequest): Promise<ApplyResult> {
  const { plan, store, state, clock, readFile } = request;
  requireAccepted(plan, request.accepted);
  const evidence = await requireEvidence(plan, { state, readFile });
  await requireVersioning(store, plan);
  await requireNoFreshLock(store, plan);
  const hash = rememberingHasher(store);
  const { rows } = parseEvidence(evidence.text, evidence.path);
  const changed = await changesSince({ plan, evidence: rows, store, hash, signal: request.signal });
  if (changed.length > 0 && !request.accepted.has("changed")) throw changedBefore(request, changed);
  const journal = request.dryRun === true ? null : await Journal.begin(state, plan, clock.now());
  const run = new Run({ ...request, hash, changed }, journal);
  try {
    for (const stage of stages) await run.stage(stage);
    await journal?.end(clock.now());
  } catch (error) {
    // What stopped the run is told, also where the disk is too full to close the journal.
    await journal?.close().catch(() => undefined);
    throw run.stopped(error);
  }
  return run.result();
}

function changedBefore({ plan, role }: ApplyRequest, changed: readonly KeyChange[]): Failure {
  return new ApplyReport({ plan, role: role ?? "rescuer", journal: null }, newTally(changed)).changed();
}

function newTally(changed: readonly KeyChange[]): ApplyTally {
  const counts = { done: 0, skipped: 0, failed: 0, changed: 0 };
  return { counts, failed: [], changed: [...changed], stage: "" };
}

interface RunRequest extends ApplyRequest {
  readonly hash: HashVersion;
  /** What had changed before the first write, and was accepted. */
  readonly changed: readonly KeyChange[];
}

class Run {
  readonly #request: RunRequest;
  readonly #journal: Journal | null;
  readonly #tally: ApplyTally;
  readonly #report: ApplyReport;
  #mayHaveWritten = false;
  #verdict: Failure | null = null;

  constructor(request: RunRequest, journal: Journal | null) {
    this.#request = request;
    this.#journal = journal;
    this.#tally = newTally(request.changed);
    const role = request.role ?? "rescuer";
    this.#report = new ApplyReport({ plan: request.plan, role, journal: journal?.path ?? null }, this.#tally);
  }

  async stage(stage: Stage): Promise<void> {
    const { plan, store, signal, dryRun } = this.#request;
    const { prefix } = plan.header;
    if (plan.stepCountOf(stage) === 0) return;
    const steps: RollbackStep[] = [];
    for await (const batch of plan.steps(stage)) steps.push(...batch);
    this.#tally.stage = stage.name;
    signal?.throwIfAborted();
    await requireVersioning(store, plan);
    if (stage.acts === "hide") await requireNoFreshLock(store, plan);
    const standings = await this.#look(steps, listedPrefix(stage, prefix));
    for (const standing of standings) {
      if (standing.kind === "done") await this.#record(standing.step, "skipped");
      else if (standing.kind === "changed") await this.#recordChange(standing.step, standing.now);
      else if (dryRun === true) await this.#record(standing.step, "done");
    }
    if (dryRun !== true) {
      await runStage(standings, this.#acting());
      await this.#requireOwnIds(standings, listedPrefix(stage, prefix));
    }
    this.#requireWhole();
  }

  #acting(): Acting {
    const { plan, store, signal } = this.#request;
    return {
      store,
      signal,
      requireVersioning: async () => await requireVersioning(store, plan),
      switchedOff: (key) => switchedOff(plan, key),
      intend: async (intents) => {
        await this.#journal?.intend(intents);
        this.#mayHaveWritten = true;
      },
      record: async (step, result, problem) => await this.#record(step, result, problem),
    };
  }

  /** Throws for a stage that left something undone: what comes after it may rest on it. */
  #requireWhole(): void {
    const isChanged = this.#tally.counts.changed > 0 && !this.#request.accepted.has("changed");
    if (this.#tally.counts.failed > 0) this.#verdict = this.#report.failed();
    else if (isChanged) this.#verdict = this.#report.changed();
    if (this.#verdict !== null) throw this.#verdict;
  }

  /** A copy does not tell its id; one of `null` says that versioning was off when it was made. */
  async #requireOwnIds(standings: readonly Standing[], prefix: string): Promise<void> {
    const { plan, store } = this.#request;
    const copied = new Set<ObjectKey>();
    for (const { kind, step } of standings) if (kind === "copy") copied.add(step.key);
    if (copied.size === 0) return;
    for await (const { key, rows } of keyHistories(store.listVersions(prefix))) {
      const current = copied.has(key) ? currentRow(rows) : null;
      if (current?.kind === "version" && isNullVersion(current.versionId)) throw switchedOff(plan, key);
    }
  }

  async #look(steps: readonly RollbackStep[], prefix: string): Promise<readonly Standing[]> {
    const { plan, store, signal, hash } = this.#request;
    const wanted = new Set(steps.map((step) => step.key));
    const histories = new Map<ObjectKey, KeyHistory>();
    for await (const history of keyHistories(store.listVersions(prefix))) {
      if (wanted.has(history.key)) histories.set(history.key, history);
    }
    const look = { order: plan.header.order, hash };
    const standings = new Map<number, Standing>();
    await inParallel(steps, { limit: objectsAtOnce, signal }, async (step) => {
      standings.set(step.n, await standingOf(step, histories.get(step.key) ?? null, look));
    });
    signal?.throwIfAborted();
    return steps.flatMap((step) => standings.get(step.n) ?? []);
  }

  async #recordChange(step: RollbackStep, now: string): Promise<void> {
    const isKnown = this.#tally.changed.some(({ key }) => key === step.key);
    if (!isKnown) this.#tally.changed.push({ key: step.key, problem: now });
    await this.#record(step, "changed", { text: now, isDenied: false });
  }

  async #record(step: RollbackStep, result: StepResult, problem?: StepProblem): Promise<void> {
    const { counts, failed, stage } = this.#tally;
    counts[result]++;
    if (result === "failed") failed.push({ step, problem: problem?.text ?? "", isDenied: problem?.isDenied === true });
    await this.#journal?.outcome(step, result, problem?.text ?? null);
    const settled = Object.values(counts).reduce((sum, count) => sum + count, 0);
    this.#request.onProgress?.({ stage, done: settled, total: this.#request.plan.stepCount });
  }

  /** What to throw for what stopped the run: half-way once a request to write may have gone out. */
  stopped(error: unknown): unknown {
    if (error === this.#verdict) return error;
    const isRefusal = error instanceof Failure && (error.kind === "refused" || error.kind === "damaged-file");
    if (isRefusal) return error.with(this.#report.facts());
    const wasWritten = this.#mayHaveWritten || this.#tally.counts.skipped > 0;
    const isOrderly = error instanceof Failure || this.#request.signal?.aborted === true;
    if (!wasWritten || !isOrderly) return error;
    if (error instanceof Failure && error.kind === "store-denied") return this.#report.denied(error);
    return this.#report.halfWay(error);
  }

  result(): ApplyResult {
    const { counts, changed } = this.#tally;
    const { unrecoverable } = this.#request.plan;
    const journal = this.#journal?.path ?? null;
    return { ...counts, changed: changed.length, changedKeys: changed, unrecoverable, journal };
  }
}
