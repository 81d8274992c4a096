import { checkRepository, type CheckResult } from "../repository/check-repository.ts";
import type { Invocation } from "./invocation.ts";
import type { OpenedRepository } from "./open-repository.ts";
import { openProgress } from "./render/progress.ts";
import { showResticEvents } from "./render/restic-progress.ts";

/** What `holdfast check` does, at the end of another command. */
export async function checkAfterwards(invocation: Invocation, repository: OpenedRepository): Promise<CheckResult> {
  const session = await repository.session(repository.role(["writer", "pruner", "rescuer"]));
  const progress = openProgress(invocation.screen, invocation.clock);
  return await checkRepository({
    session,
    clock: invocation.clock,
    patience: null,
    readDataSubset: null,
    signal: invocation.signal,
    onEvent: showResticEvents(progress, invocation.screen, "checking"),
  }).finally(() => progress.end());
}
