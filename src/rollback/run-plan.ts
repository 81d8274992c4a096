import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { RestorableStore } from "../store/versioned-store.ts";
import type { AcceptWord } from "./accept.ts";
import { afterwards } from "./afterwards.ts";
import { ApplyReport } from "./apply-report.ts";
import type { ApplyTally } from "./apply-report.ts";
import type { KeyChanges } from "./changes-since.ts";
import { requireNoFreshLock, requireVersioning, switchedOff } from "./guard.ts";
import { inParallel } from "./in-parallel.ts";
import type { Journal } from "./journal.ts";
import { lookAt } from "./look.ts";
import type { RollbackPlan } from "./plan-file.ts";
import type { HashVersion } from "./prove.ts";
import { runStage } from "./run-stage.ts";
import type { Acting, StepFacts } from "./run-stage.ts";
import { shownOf } from "./shown-of.ts";
import { listedPrefix } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { standingByPlan, standingOf, withoutLifting } from "./standing.ts";
import type { Standing } from "./standing.ts";
import type { RollbackStep } from "./step.ts";
import type { StepCounts, StepResult } from "./step-result.ts";

export interface ApplyProgress {
  /** `bring back data`, `hide keys`, see `stages`. */
  readonly stage: string;
  /** Steps of the stage that are settled, and all there are. */
  readonly done: number;
  readonly total: number;
}

export interface RunRequest {
  readonly plan: RollbackPlan;
  readonly store: RestorableStore;
  readonly clock: Clock;
  readonly accepted: ReadonlySet<AcceptWord>;
  readonly dryRun: boolean;
  readonly role: string;
  readonly connections: number;
  /** Whether the key may lift delete markers; where not, what is below them is copied on top. */
  readonly mayLift: boolean;
  readonly hash: HashVersion;
  /** Whether an earlier run may have written for a step. */
  readonly wasIntended: (n: number) => boolean;
  /** What had changed before the first write, and was accepted. */
  readonly changes: KeyChanges;
  /** When a look at the whole bucket began that found every key as the plan did; null where it found some otherwise. */
  readonly untouchedAt: Instant | null;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: ApplyProgress) => void) | undefined;
}

/** How long a look at the whole bucket stands in for one at a stage's keys, in milliseconds. */
const freshFor = 30_000;
/** How long a write whose id the store named stands in for asking for the versioning, in milliseconds. */
const shownFor = 5000;
/** How many steps are looked at, and then done, before the next are looked at. */
const chunkSize = 16_384;

/** One run of a plan: its stages one after the other, counted, written to the journal. */
export class PlanRun {
  readonly #request: RunRequest;
  readonly #journal: Journal | null;
  readonly #tally: ApplyTally;
  readonly #report: ApplyReport;
  /** One byte a step: whether this run has written for it. */
  readonly #acted: Uint8Array;
  #mayHaveWritten = false;
  #settled = 0;
  #toSettle = 0;
  /** Copies of the stage of which the store did not tell the id. */
  #untold = 0;
  /** When the store last named the id of what it wrote: it gives ids only while versioning is Enabled. */
  #shownAt: Instant | null = null;
  #verdict: Failure | null = null;

  constructor(request: RunRequest, journal: Journal | null) {
    this.#request = request;
    this.#journal = journal;
    const counts = { done: 0, skipped: 0, failed: 0, changed: 0 };
    this.#tally = { counts, failed: [], changed: request.changes, stage: "" };
    this.#report = new ApplyReport({ ...request, journal: journal?.path ?? null }, this.#tally);
    this.#acted = new Uint8Array(request.plan.stepCount + 1);
  }

  get counts(): StepCounts {
    return { ...this.#tally.counts };
  }

  /** Does one stage, or throws for what stops the run in it. */
  async stage(stage: Stage): Promise<void> {
    const { plan, store, signal, dryRun } = this.#request;
    if (plan.stepCountOf(stage) === 0) return;
    this.#tally.stage = stage.name;
    this.#settled = 0;
    this.#toSettle = plan.stepCountOf(stage);
    this.#untold = 0;
    signal?.throwIfAborted();
    if (stage.acts === "hide") await requireNoFreshLock(store, plan);
    for await (const steps of inChunks(each(plan.steps(stage)))) {
      signal?.throwIfAborted();
      const standings = await this.#standings(steps, stage);
      for (const standing of standings) await this.#recordWithoutActing(standing);
      if (dryRun) continue;
      await runStage(standings, this.#acting());
    }
    if (!dryRun) await this.#lookAfter(stage);
    this.#requireWhole();
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

  #acting(): Acting {
    const { plan, store, clock, signal, connections } = this.#request;
    return {
      store,
      signal,
      connections,
      requireVersioning: async () => {
        if (this.#shownAt === null || clock.now() - this.#shownAt > shownFor) await requireVersioning(store, plan);
      },
      switchedOff: (key) => switchedOff(plan, key),
      wrote: (made) => {
        if (made === null) this.#untold++;
        else this.#shownAt = clock.now();
      },
      intend: async (intents) => {
        await this.#journal?.intend(intents);
        this.#mayHaveWritten = true;
        for (const { step } of intents) this.#acted[step.n] = 1;
      },
      record: async (step, result, more) => {
        await this.#record(step, result, more);
      },
    };
  }

  async #standings(steps: readonly RollbackStep[], stage: Stage): Promise<readonly Standing[]> {
    const { mayLift } = this.#request;
    if (this.#isStillFresh(stage)) {
      return steps.map((step) => {
        const standing = standingByPlan(step);
        return mayLift ? standing : withoutLifting(standing, null);
      });
    }
    const { plan, hash, wasIntended, signal, connections } = this.#request;
    const found = await this.#histories(
      steps.map(({ key }) => key),
      stage,
    );
    const look = { order: plan.header.order, idTime: plan.header.idTime, hash, wasIntended };
    const standings = new Map<number, Standing>();
    await inParallel(steps, { limit: connections, signal }, async (step) => {
      const history = found.get(step.key) ?? null;
      const standing = await standingOf(step, history, look);
      standings.set(step.n, mayLift ? standing : withoutLifting(standing, history?.rows ?? null));
    });
    signal?.throwIfAborted();
    return steps.flatMap((step) => standings.get(step.n) ?? []);
  }

  /** Small folders are looked at every time: it costs a request or two. */
  #isStillFresh({ holds }: Stage): boolean {
    const { untouchedAt, clock } = this.#request;
    const isLarge = holds === "data" || holds === "foreign";
    return isLarge && untouchedAt !== null && clock.now() - untouchedAt <= freshFor;
  }

  async #histories(keys: readonly ObjectKey[], stage: Stage) {
    const { store, plan, connections, signal } = this.#request;
    return await lookAt(keys, { store, prefix: listedPrefix(stage, plan.header.prefix), connections, signal });
  }

  /**
   * A second look at what was written: by somebody else in between, or under the id `null`. A plain listing has a fraction
   * of the rows; only what it does not settle, and copies of which the store did not tell the id, need their versions.
   */
  async #lookAfter(stage: Stage): Promise<void> {
    const { signal } = this.#request;
    const steps = stage.acts === "bring back" && this.#untold > 0 ? each(this.#written(stage)) : this.#unsettled(stage);
    for await (const chunk of inChunks(steps)) {
      if (stage.acts === "hide") for (const step of chunk) await this.#takeBack(step, "it is shown again");
      else await this.#lookAtBroughtBack(chunk, stage);
    }
    signal?.throwIfAborted();
  }

  /** Steps of which a plain listing does not show what it should. */
  async *#unsettled(stage: Stage): AsyncGenerator<RollbackStep> {
    const { plan, store } = this.#request;
    const listing = store.listCurrent(listedPrefix(stage, plan.header.prefix));
    for await (const { wanted, shown } of shownOf(each(this.#written(stage)), listing)) {
      const { to } = wanted;
      const isRight = to === null ? shown === null : shown?.size === to.size && shown.etag === to.etag;
      if (!isRight) yield wanted;
    }
  }

  /** The steps of a stage for which this run has written. */
  async *#written(stage: Stage): AsyncGenerator<readonly RollbackStep[]> {
    for await (const steps of this.#request.plan.steps(stage)) {
      this.#request.signal?.throwIfAborted();
      yield steps.filter(({ n }) => this.#acted[n] === 1);
    }
  }

  async #lookAtBroughtBack(steps: readonly RollbackStep[], stage: Stage): Promise<void> {
    const { plan, hash, connections, signal } = this.#request;
    const found = await this.#histories(
      steps.map(({ key }) => key),
      stage,
    );
    await inParallel(steps, { limit: connections, signal }, async (step) => {
      if (step.to === null) return;
      const seen = await afterwards(step.to, found.get(step.key)?.rows ?? [], hash);
      if (seen.kind === "null") throw switchedOff(plan, step.key);
      if (seen.kind === "own") await this.#journal?.made(step, seen.versionId);
      else if (seen.kind === "changed") await this.#takeBack(step, seen.now);
    });
    signal?.throwIfAborted();
  }

  /** Throws for a stage that left something undone: what comes after it may rest on it. */
  #requireWhole(): void {
    const isChanged = this.#tally.counts.changed > 0 && !this.#request.accepted.has("changed");
    if (this.#tally.counts.failed > 0) this.#verdict = this.#report.failed();
    else if (isChanged) this.#verdict = this.#report.changed();
    if (this.#verdict !== null) throw this.#verdict;
  }

  async #recordWithoutActing(standing: Standing): Promise<void> {
    const { step } = standing;
    if (standing.kind === "done") await this.#record(step, "skipped");
    else if (standing.kind === "changed") {
      this.#tally.changed.add({ key: step.key, problem: standing.now });
      await this.#record(step, "changed", { problem: { text: standing.now, isDenied: false } });
    } else if (this.#request.dryRun) await this.#record(step, "done");
  }

  /** A step that was done, and whose key somebody has written since. */
  async #takeBack(step: RollbackStep, now: string): Promise<void> {
    if (!this.#acted[step.n]) return;
    this.#acted[step.n] = 0;
    const { counts, failed, changed } = this.#tally;
    if (failed.some((other) => other.step.n === step.n)) return;
    counts.done--;
    this.#settled--;
    changed.add({ key: step.key, problem: now });
    await this.#record(step, "changed", { problem: { text: now, isDenied: false } });
  }

  async #record(step: RollbackStep, result: StepResult, { problem, made = null }: StepFacts = {}): Promise<void> {
    const { counts, failed, stage } = this.#tally;
    counts[result]++;
    this.#settled++;
    if (result === "failed") failed.push({ step, problem: problem?.text ?? "", isDenied: problem?.isDenied === true });
    await this.#journal?.outcome(step, result, { problem: problem?.text ?? null, made });
    this.#request.onProgress?.({ stage, done: this.#settled, total: this.#toSettle });
  }
}

async function* each(batches: AsyncIterable<readonly RollbackStep[]>): AsyncGenerator<RollbackStep> {
  for await (const batch of batches) yield* batch;
}

async function* inChunks(steps: AsyncIterable<RollbackStep>): AsyncGenerator<readonly RollbackStep[]> {
  let chunk: RollbackStep[] = [];
  for await (const step of steps) {
    chunk.push(step);
    if (chunk.length < chunkSize) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
