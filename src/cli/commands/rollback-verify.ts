import { readFile } from "node:fs/promises";
import { recordedConfigHash } from "../../repository/repository-record.ts";
import { verifyRollback } from "../../rollback/verify.ts";
import { readOnly } from "../../store/read-only-store.ts";
import { findingsExitCode } from "../exit-code.ts";
import type { CommandAction } from "../invocation.ts";
import { openProgress } from "../render/progress.ts";
import { differingLines } from "../render/rollback-run.ts";
import { openPlan, readFileIfThere } from "../open-plan.ts";

/** `holdfast rollback verify PLAN`. Exit 80 on any difference. */
export const rollbackVerify: CommandAction = async (invocation, input) => {
  const { plan, state, repository } = await openPlan(invocation, input);
  const store = readOnly(await repository.store(repository.role(["rescuer"])));
  const progress = openProgress(invocation.screen, invocation.clock);
  const verified = await verifyRollback({
    plan,
    store,
    state,
    readFile: readFileIfThere,
    recordedConfigHash: await recordedConfigHash(state, repository.name),
    historyForgeable: repository.profile.historyForgeable.value !== false,
    signal: invocation.signal,
    onProgress: ({ done, total }) => progress.show({ stage: "verifying", done, total, unit: "objects" }),
  }).finally(() => progress.end());
  for (const line of differingLines(verified, { plan, word: input.words["plan"] ?? "", screen: invocation.screen })) {
    invocation.screen.line(line);
  }
  return {
    exitCode: verified.differing.length > 0 ? findingsExitCode : 0,
    result: { ...verified, differing: verified.differing.length, differences: verified.differing },
  };
};
