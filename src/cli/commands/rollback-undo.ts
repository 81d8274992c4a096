import { mayLiftMarkers } from "../../rollback/apply.ts";
import { prepareUndo, undoRollback } from "../../rollback/undo.ts";
import { restorable } from "../../store/restorable-store.ts";
import { carryOut } from "../carry-out.ts";
import { confirm } from "../confirm.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { CommandAction } from "../invocation.ts";
import { openPlan } from "../open-plan.ts";
import { copiedInsteadLines, undoLines, undoneLines } from "../render/rollback-run.ts";
import { keepHeapSmall } from "../small-heap.ts";
import { openStoreRun } from "../store-run.ts";
import { warnOfSkew } from "../warn-of-skew.ts";

/** `holdfast rollback undo PLAN`. Exit 83 where keys were written since by somebody else; all others are undone. */
export const rollbackUndo: CommandAction = async (invocation, input) => {
  keepHeapSmall();
  const { plan, state, repository } = await openPlan(invocation, input);
  const { screen, clock, signal } = invocation;
  const word = input.words["plan"] ?? "";
  const run = await openStoreRun(repository, input);
  const store = restorable(run.store);
  await warnOfSkew(invocation, store);
  const { role, accessKey, connections } = run;
  const { bucket } = repository.configuration.location;
  const limit = connections === undefined ? {} : { connections };
  const request = { plan, store, bucket, clock, state, role, accessKey, signal, ...limit };
  const prepared = await prepareUndo(request);
  const undo = prepared.undo.plan;
  for (const line of undoLines(undo, prepared.left, screen.width)) screen.line(line);
  const mayLift = await mayLiftMarkers({ plan: undo, store });
  if (!mayLift) for (const line of await copiedInsteadLines(undo, role, screen.width)) screen.line(line);
  if (input.has("dry-run")) {
    screen.line(`Nothing has been written to the bucket.`);
    screen.line(`Next:  holdfast rollback undo ${word}`);
    const counts = { done: undo.stepCount, skipped: 0, failed: 0, changed: prepared.leftCount };
    return { exitCode: 0, result: { ...counts, dryRun: true, journal: null, changedKeys: prepared.left, ...run.cost } };
  }
  const question = `Write these changes to ${plan.header.location}?`;
  await confirm(invocation, { question, action: "undo the plan", subject: word });
  const next = `holdfast rollback status ${word}`;
  const again = `holdfast rollback undo ${word}`;
  const { applied, report } = await carryOut(
    invocation,
    { plan: undo, state, run, again, next },
    async (onProgress) => {
      return await undoRollback({ ...request, mayLift, onProgress }, prepared);
    },
  );
  for (const line of undoneLines(applied, report, screen.width)) screen.line(line);
  screen.line(`Next:  ${next}`);
  return {
    exitCode: applied.changed > 0 ? exitCodeOf("bucket-changed") : 0,
    result: { ...applied, dryRun: false, report, ...run.cost },
  };
};
