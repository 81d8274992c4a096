import { Failure } from "../base/failure.ts";
import type { StateFolder } from "../base/state-folder.ts";
import type { ApplyResult } from "../rollback/apply.ts";
import type { RollbackPlan } from "../rollback/plan-file.ts";
import { writeReport, type ReportFacts } from "../rollback/report.ts";
import type { ApplyProgress } from "../rollback/run-plan.ts";
import type { Invocation } from "./invocation.ts";
import { runProgress, type StoreRun } from "./store-run.ts";

/** What a run of a plan is, for whoever carries it out and reports on it. */
export interface PlannedRun {
  readonly plan: RollbackPlan;
  readonly state: StateFolder;
  readonly run: StoreRun;
  /** The command that goes on where this run stops, and the one that follows on it. */
  readonly again: string;
  readonly next: string;
}

export interface ReportedResult<Result> {
  readonly applied: Result;
  /** Path of the report. */
  readonly report: string;
}

/** Runs `work` with live progress and writes the report afterwards, of a run that stopped half-way too. */
export async function carryOut<Result extends ApplyResult>(
  invocation: Invocation,
  planned: PlannedRun,
  work: (onProgress: (progress: ApplyProgress) => void) => Promise<Result>,
): Promise<ReportedResult<Result>> {
  const { clock } = invocation;
  const startedAt = clock.now();
  const progress = runProgress(invocation, planned.run);
  const show = ({ stage, done, total }: ApplyProgress): void => {
    progress.show({ stage, done, total, unit: "objects" });
  };
  const common = (): Omit<ReportFacts, "counts" | "changedKeys" | "journal" | "stopped" | "next"> => {
    const { role, accessKey, cost } = planned.run;
    return { plan: planned.plan, role, accessKey, startedAt, endedAt: clock.now(), ...cost };
  };
  try {
    const applied = await work(show).finally(() => {
      progress.end();
    });
    const { changedKeys, journal, done, skipped, failed, changed } = applied;
    const counts = { done, skipped, failed, changed };
    const ended = { counts, changedKeys, journal, stopped: null, next: [planned.next] };
    return { applied, report: await writeReport(planned.state, { ...common(), ...ended }) };
  } catch (error) {
    if (!(error instanceof Failure) || error.details["journal"] === undefined) throw error;
    const { journal, done, skipped, failed } = error.details;
    const counts = { done: Number(done), skipped: Number(skipped), failed: Number(failed), changed: 0 };
    const stopped = { counts, changedKeys: [], journal, stopped: error.problem, next: [planned.again] };
    // What stopped the run is told, also where the disk is too full for its report.
    const report = await writeReport(planned.state, { ...common(), ...stopped }).catch(() => null);
    throw report === null ? error : error.with({ report });
  }
}
