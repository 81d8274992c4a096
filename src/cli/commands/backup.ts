import { Failure } from "../../base/failure.ts";
import { backUp } from "../../repository/back-up.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { CommandAction } from "../invocation.ts";
import { durationFlag, openRepository } from "../open-repository.ts";
import { count, counted, seconds, size } from "../render/figures.ts";
import { openProgress } from "../render/progress.ts";
import { showResticEvents } from "../render/restic-progress.ts";
import type { Screen } from "../render/screen.ts";

/** `holdfast backup [REPOSITORY]`. */
export const backup: CommandAction = async (invocation, input) => {
  const repository = await openRepository(invocation, input);
  const options = repository.configuration.backup;
  if (options === null) throw nothingToBackUp(repository.name);
  const role = repository.role(["writer", "rescuer"]);
  const session = await repository.session(role);
  const progress = openProgress(invocation.screen, invocation.clock);
  const done = await backUp({
    session,
    options,
    dryRun: input.has("dry-run"),
    signal: invocation.signal,
    retryLock: durationFlag(input, "retry-lock"),
    clock: invocation.clock,
    store: async () => await repository.store(role),
    onEvent: showResticEvents(progress, invocation.screen, "backing up"),
  }).finally(() => progress.end());
  showBackup(invocation.screen, done, repository.name);
  const { unread, ...summary } = done;
  return {
    exitCode: unread.length > 0 ? exitCodeOf("incomplete") : 0,
    result: { repository: repository.name, ...summary, unread },
  };
};

type Backup = Awaited<ReturnType<typeof backUp>>;

function showBackup(screen: Screen, done: Backup, name: string): void {
  const files = `${counted(done.totalFilesProcessed, "file")}, ${size(done.totalBytesProcessed)}`;
  const verb = done.dryRun ? "would be saved" : "saved";
  screen.line(`${name}: ${files} ${verb} in ${seconds(done.totalDuration * 1000)}, ${size(done.dataAdded)} new`);
  if (done.snapshotId !== null) screen.line(`  snapshot  ${done.snapshotId.slice(0, 8)}`);
  for (const file of done.unread.slice(0, 20)) screen.line(screen.style("warning", `  unread    ${file}`));
  if (done.unread.length > 20) screen.line(`  and ${count(done.unread.length - 20)} more, all in --json`);
  screen.line(done.dryRun ? `Next:  holdfast backup ${name}` : `Next:  holdfast snapshots ${name}`);
}

function nothingToBackUp(name: string): Failure {
  return new Failure({
    kind: "config",
    action: "back up",
    subject: name,
    problem: "the configuration names no paths for it",
    hint: `add repositories.${name}.backup.paths to the configuration`,
  });
}
