import { recordedConfigHash } from "../repository/repository-record.ts";
import { makeRollbackPlan } from "../rollback/make-plan.ts";
import type { RollbackPlan } from "../rollback/plan-file.ts";
import { readOnly } from "../store/read-only-store.ts";
import type { Invocation } from "./invocation.ts";
import { findPlan, type OpenedPlan } from "./open-plan.ts";
import { runProgress, type StoreRun } from "./store-run.ts";
import { historyReading } from "./history-reading.ts";

/**
 * Plans again to the very instant of a plan that the bucket has left behind, and in the way that it was asked for. The
 * new plan has evidence of its own.
 */
export async function planAnew(
  invocation: Invocation,
  { plan: { header }, repository, state }: OpenedPlan,
  run: StoreRun,
): Promise<{ readonly plan: RollbackPlan; readonly name: string }> {
  const { profile } = repository;
  const progress = runProgress(invocation, run);
  const planned = await makeRollbackPlan({
    store: readOnly(run.store),
    repository: repository.name,
    location: repository.configuration.location,
    // With its fraction: without one it would mean the end of its second.
    to: new Date(header.to).toISOString(),
    ...historyReading(profile),
    state,
    clock: invocation.clock,
    recordedConfigHash: await recordedConfigHash(state, repository.name),
    historyForgeable: profile.historyForgeable.value !== false,
    keepMarkers: header.keepMarkers,
    ...(header.prove === null ? {} : { prove: header.prove }),
    ...(run.connections === undefined ? {} : { connections: run.connections }),
    signal: invocation.signal,
    onProgress: ({ stage, done, total }) => {
      progress.show({ stage: stage === "list" ? "reading the history" : "hashing", done, total, unit: "objects" });
    },
  }).finally(() => progress.end());
  const name = planned.name ?? planned.plan;
  return { plan: (await findPlan(invocation, name)).plan, name };
}
