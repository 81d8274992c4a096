import { Failure } from "../../base/failure.ts";
import { recordedConfigHash } from "../../repository/repository-record.ts";
import { notedPlan } from "../../rollback/plan-note.ts";
import { recordVerified } from "../../rollback/verified-record.ts";
import { verifyProofs, verifyRollback, type VerifyProof } from "../../rollback/verify.ts";
import { readOnly } from "../../store/read-only-store.ts";
import { findingsExitCode } from "../exit-code.ts";
import type { CommandAction, CommandInput } from "../invocation.ts";
import { openPlan } from "../open-plan.ts";
import { differingLines } from "../render/rollback-run.ts";
import { keepHeapSmall } from "../small-heap.ts";
import { openStoreRun, runProgress } from "../store-run.ts";

/** `holdfast rollback verify PLAN`. Exit 80 on any difference. */
export const rollbackVerify: CommandAction = async (invocation, input) => {
  keepHeapSmall();
  const prove = proveFlag(input);
  const { plan, state, repository } = await openPlan(invocation, input);
  const run = await openStoreRun(repository, input);
  const progress = runProgress(invocation, run);
  const verified = await verifyRollback({
    plan,
    store: readOnly(run.store),
    state,
    recordedConfigHash: await recordedConfigHash(state, repository.name),
    historyForgeable: repository.profile.historyForgeable.value !== false,
    ...(prove === undefined ? {} : { prove }),
    ...(run.connections === undefined ? {} : { connections: run.connections }),
    signal: invocation.signal,
    onProgress: ({ done, total }) => {
      progress.show({ stage: "verifying", done, total, unit: "objects" });
    },
  }).finally(() => progress.end());
  await recordVerified(state, plan, { result: verified, at: invocation.clock.now() });
  const { screen } = invocation;
  const isUndone = (await notedPlan(state, plan, "undo")) !== null;
  const shown = { plan, isUndone, word: input.words["plan"] ?? "", screen };
  for (const line of differingLines(verified, shown)) screen.line(line);
  const { matching, differing, differingCount, proven } = verified;
  return {
    exitCode: differingCount > 0 ? findingsExitCode : 0,
    result: { matching, differing: differingCount, differences: differing, proven, ...run.cost },
  };
};

function proveFlag(input: CommandInput): VerifyProof | undefined {
  const text = input.text("prove");
  const known = verifyProofs.find((word) => word === text);
  if (text === undefined || known !== undefined) return known;
  throw new Failure({
    kind: "usage",
    action: "prove",
    subject: `--prove ${text}`,
    problem: "there is no such way",
    hint: `one of ${verifyProofs.join(", ")}`,
  });
}
