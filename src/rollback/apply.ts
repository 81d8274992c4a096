import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { keyHistories } from "../history/key-history.ts";
import type { KeyHistory } from "../history/key-history.ts";
import type { RestorableStore } from "../store/versioned-store.ts";
import { requireAccepted } from "./accept.ts";
import type { AcceptWord } from "./accept.ts";
import { requireEvidence, requireNoFreshLock, requireVersioning } from "./guard.ts";
import { inParallel, objectsAtOnce } from "./in-parallel.ts";
import { Journal } from "./journal.ts";
import type { StepResult } from "./journal.ts";
import type { RollbackPlan } from "./plan-file.ts";
import type { UnrecoverableKey } from "./plan.ts";
import { versionHasher } from "./prove.ts";
import { runStage } from "./run-stage.ts";
import type { Acting } from "./run-stage.ts";
import { listedPrefix, stageIndex, stages } from "./stage.ts";
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
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ApplyProgress) => void;
}

export interface ApplyResult {
  readonly done: number;
  /** Steps whose keys showed already what they should. */
  readonly skipped: number;
  readonly failed: number;
  /** Steps whose keys somebody has written since the plan; not touched. In a dry run only, else it is a failure. */
  readonly changed: number;
  /** What the plan could not bring back, and the user accepted; `apply` is done only as far as possible. */
  readonly unrecoverable: readonly UnrecoverableKey[];
  /** The path of this run's journal; null for a dry run. */
  readonly journal: string | null;
}

/**
 * Carries out a plan: stage by stage, each after a look at its keys as they stand now. Idempotent: what shows already
 * what it should is skipped, so the same call again goes on where one stopped. Removes nothing but delete markers that
 * the plan names, and those only after the journal that names them is on disk.
 *
 * Fails before the first write with `refused` (a word missing in `accepted`, versioning not Enabled, a fresh lock) and
 * `damaged-file` (evidence or an earlier journal). Later: `stopped-half-way` when it was interrupted or the store gave
 * way after something was written, or when single objects failed; `refused` when versioning was switched off under
 * way; `bucket-changed`, after all else is done, when keys were written by somebody since the plan.
 */
export async function applyRollback(request: ApplyRequest): Promise<ApplyResult> {
  const { plan, store, state, clock } = request;
  requireAccepted(plan, request.accepted);
  await requireEvidence(state, plan);
  await requireVersioning(store, plan);
  await requireNoFreshLock(store, plan);
  const journal = request.dryRun === true ? null : await Journal.begin(state, plan, clock.now());
  const run = new Run(request, journal);
  try {
    for (const stage of stages) await run.stage(stage);
  } catch (error) {
    await journal?.close();
    throw run.stopped(error);
  }
  await journal?.end(clock.now());
  return run.result();
}

interface Trouble {
  readonly key: ObjectKey;
  readonly problem: string;
}

class Run {
  readonly #request: ApplyRequest;
  readonly #journal: Journal | null;
  readonly #counts: Record<StepResult, number> = { done: 0, skipped: 0, failed: 0, changed: 0 };
  readonly #failed: Trouble[] = [];
  readonly #changed: Trouble[] = [];
  #mayHaveWritten = false;
  #stage = "";

  constructor(request: ApplyRequest, journal: Journal | null) {
    this.#request = request;
    this.#journal = journal;
  }

  async stage(stage: Stage): Promise<void> {
    const { plan, store, signal, dryRun } = this.#request;
    const { prefix } = plan.header;
    const steps = plan.steps.filter((step) => stages[stageIndex(step, prefix)] === stage);
    if (steps.length === 0) return;
    this.#stage = stage.name;
    signal?.throwIfAborted();
    await requireVersioning(store, plan);
    const standings = await this.#look(steps, listedPrefix(stage, prefix));
    const acting: Acting = {
      store,
      signal,
      intend: async (intents) => {
        await this.#journal?.intend(intents);
        this.#mayHaveWritten = true;
      },
      record: async (step, result, problem) => await this.#record(step, result, problem),
    };
    for (const standing of standings) {
      if (standing.kind === "done") await this.#record(standing.step, "skipped");
      else if (standing.kind === "changed") await this.#record(standing.step, "changed", standing.now);
      else if (dryRun === true) await this.#record(standing.step, "done");
    }
    if (dryRun !== true) await runStage(standings, acting);
  }

  async #look(steps: readonly RollbackStep[], prefix: string): Promise<readonly Standing[]> {
    const { plan, store, signal } = this.#request;
    const wanted = new Set(steps.map((step) => step.key));
    const histories = new Map<ObjectKey, KeyHistory>();
    for await (const history of keyHistories(store.listVersions(prefix))) {
      if (wanted.has(history.key)) histories.set(history.key, history);
    }
    const look = { order: plan.header.order, hash: versionHasher(store) };
    const standings = new Map<number, Standing>();
    await inParallel(steps, { limit: objectsAtOnce, signal }, async (step) => {
      standings.set(step.n, await standingOf(step, histories.get(step.key) ?? null, look));
    });
    signal?.throwIfAborted();
    return steps.flatMap((step) => standings.get(step.n) ?? []);
  }

  async #record(step: RollbackStep, result: StepResult, problem?: string): Promise<void> {
    this.#counts[result]++;
    if (result === "failed") this.#failed.push({ key: step.key, problem: problem ?? "" });
    if (result === "changed") this.#changed.push({ key: step.key, problem: problem ?? "" });
    await this.#journal?.outcome(step, result, problem ?? null);
    const settled = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    const total = this.#request.plan.steps.length;
    this.#request.onProgress?.({ stage: this.#stage, done: settled, total });
  }

  /** What to throw for what stopped the run: half-way once a request to write may have gone out. */
  stopped(error: unknown): unknown {
    const isRefusal = error instanceof Failure && (error.kind === "refused" || error.kind === "damaged-file");
    if (isRefusal) return error.with(this.#facts());
    const wasWritten = this.#mayHaveWritten || this.#counts.skipped > 0;
    const isOrderly = error instanceof Failure || this.#request.signal?.aborted === true;
    if (!wasWritten || !isOrderly) return error;
    const reason = error instanceof Failure ? error.problem : "it was interrupted";
    return this.#failure("stopped-half-way", `it stopped in "${this.#stage}": ${reason}`, {
      hint: "Run the same command again and it goes on from here.",
      cause: error,
    });
  }

  result(): ApplyResult {
    const isDry = this.#request.dryRun === true;
    if (this.#changed.length > 0 && !isDry) {
      const problem = `${this.#changed.length} objects were written since the plan and were left alone`;
      throw this.#failure("bucket-changed", problem, { hint: "Take the stolen keys out of use, then plan again." });
    }
    if (this.#failed.length > 0) {
      const problem = `the store refused to change ${this.#failed.length} objects`;
      throw this.#failure("stopped-half-way", problem, {
        hint: "Run the same command again; what is done is skipped.",
      });
    }
    const { unrecoverable } = this.#request.plan;
    return { ...this.#counts, unrecoverable, journal: this.#journal?.path ?? null };
  }

  #failure(
    kind: "stopped-half-way" | "bucket-changed",
    problem: string,
    { hint, cause }: { readonly hint: string; readonly cause?: unknown },
  ): Failure {
    const subject = this.#request.plan.header.repository;
    return new Failure({ kind, action: "apply the plan for", subject, problem, hint, details: this.#facts(), cause });
  }

  #facts(): Readonly<Record<string, string>> {
    const { done, skipped, failed } = this.#counts;
    const counts = { done: String(done), skipped: String(skipped), failed: String(failed) };
    const journal = this.#journal === null ? {} : { journal: this.#journal.path };
    return { ...counts, ...journal, ...named("failed objects", this.#failed), ...named("changed", this.#changed) };
  }
}

/** The first of many; the journal names them all. */
const namedAtMost = 20;

function named(title: string, troubles: readonly Trouble[]): Readonly<Record<string, string>> {
  if (troubles.length === 0) return {};
  const shown = troubles.slice(0, namedAtMost).map(({ key, problem }) => `${key} (${problem})`);
  const more = troubles.length > namedAtMost ? `, and ${troubles.length - namedAtMost} more in the journal` : "";
  return { [title]: shown.join(", ") + more };
}
