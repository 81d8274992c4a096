import { changeTimes } from "../../adapters/files/change-times.ts";
import { Failure } from "../../base/failure.ts";
import { restoreSnapshot } from "../../repository/restore-snapshot.ts";
import type { CommandAction } from "../invocation.ts";
import { openRepository } from "../open-repository.ts";
import { counted, size } from "../render/figures.ts";
import { openProgress } from "../render/progress.ts";
import { showResticEvents } from "../render/restic-progress.ts";

/** `holdfast restore SNAPSHOT [REPOSITORY] --target DIR`. */
export const restore: CommandAction = async (invocation, input) => {
  const target = input.text("target");
  const snapshot = input.words["snapshot"] ?? "";
  if (target === undefined) throw targetMissing(snapshot);
  const repository = await openRepository(invocation, input);
  const session = await repository.session(repository.role(["writer", "pruner", "rescuer"]));
  const progress = openProgress(invocation.screen, invocation.clock);
  const done = await restoreSnapshot({
    session,
    snapshot,
    target,
    include: input.list("include"),
    dryRun: input.has("dry-run"),
    signal: invocation.signal,
    changeTimes,
    onEvent: showResticEvents(progress, invocation.screen, "restoring"),
  }).finally(() => progress.end());
  const verb = input.has("dry-run") ? "would be restored" : "restored";
  invocation.screen.line(`${counted(done.files, "file")}, ${size(done.bytes)} ${verb} to ${target}`);
  const { name } = repository;
  const again = `holdfast restore ${snapshot} ${name} --target ${target}`;
  invocation.screen.line(`Next:  ${input.has("dry-run") ? again : `ls -la ${target}`}`);
  return { exitCode: 0, result: { repository: name, snapshot, target, ...done } };
};

function targetMissing(snapshot: string): Failure {
  return new Failure({
    kind: "usage",
    action: "restore",
    subject: snapshot,
    problem: "no folder is given to restore it to",
    hint: `holdfast restore ${snapshot} --target DIR`,
  });
}
