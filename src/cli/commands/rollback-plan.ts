import path from "node:path";
import { openLineFile } from "../../adapters/files/line-file.ts";
import { Failure } from "../../base/failure.ts";
import { parseTarget } from "../../history/target-instant.ts";
import { recordedConfigHash } from "../../repository/repository-record.ts";
import { makeRollbackPlan } from "../../rollback/make-plan.ts";
import { readOnly } from "../../store/read-only-store.ts";
import { findingsExitCode } from "../exit-code.ts";
import type { CommandAction } from "../invocation.ts";
import { openNamedRepository } from "../open-repository.ts";
import { warnOfSkew } from "../warn-of-skew.ts";
import { openProgress } from "../render/progress.ts";
import { planLines } from "../render/rollback-plan.ts";

/** `holdfast rollback plan [REPOSITORY] --to T`. Exit 80 when something in the plan needs `--accept`. */
export const rollbackPlan: CommandAction = async (invocation, input) => {
  const to = input.text("to");
  if (to === undefined) throw targetMissing();
  // A T that is none is told before a store is asked anything.
  parseTarget(to, "second");
  const repository = await openNamedRepository(invocation, input, { name: input.words["repository"] });
  const store = readOnly(await repository.store(repository.role(["rescuer"])));
  await warnOfSkew(invocation, store);
  const state = await repository.state();
  const progress = openProgress(invocation.screen, invocation.clock);
  const began = invocation.clock.now();
  const out = input.text("out");
  const planned = await makeRollbackPlan({
    store,
    repository: repository.name,
    location: repository.configuration.location,
    to,
    resolution: repository.profile.dateResolution.value ?? "millisecond",
    order: repository.profile.listOrder.value ?? "split",
    state,
    clock: invocation.clock,
    recordedConfigHash: await recordedConfigHash(state, repository.name),
    historyForgeable: repository.profile.historyForgeable.value !== false,
    signal: invocation.signal,
    onProgress: ({ stage, done, total }) =>
      progress.show({ stage: stage === "list" ? "reading the history" : "hashing", done, total, unit: "objects" }),
    ...(out === undefined ? {} : { out: async () => await openLineFile(path.resolve(out)) }),
  }).finally(() => progress.end());
  const took = invocation.clock.now() - began;
  for (const line of planLines(planned, { repository, asked: to, took, width: invocation.screen.width })) {
    invocation.screen.line(line);
  }
  return {
    exitCode: planned.accept.length > 0 ? findingsExitCode : 0,
    result: { repository: repository.name, ...planned },
  };
};

function targetMissing(): Failure {
  return new Failure({
    kind: "usage",
    action: "run",
    subject: "holdfast rollback plan",
    problem: "no instant is given",
    hint: "holdfast rollback plan --to 2026-11-20T03:00:00Z, --to snapshot:ID or --to 26h-ago",
  });
}
