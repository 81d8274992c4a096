import { formatInstant } from "../../base/instant.ts";
import { checkRepository } from "../../repository/check-repository.ts";
import type { CommandAction } from "../invocation.ts";
import { durationFlag, openRepository } from "../open-repository.ts";
import { counted } from "../render/figures.ts";
import { openProgress } from "../render/progress.ts";
import { showResticEvents } from "../render/restic-progress.ts";

/** `holdfast check [REPOSITORY]`. Exit 1 on errors, as restic's own. */
export const check: CommandAction = async (invocation, input) => {
  const repository = await openRepository(invocation, input);
  const session = await repository.session(repository.role(["writer", "pruner", "rescuer"]));
  const progress = openProgress(invocation.screen, invocation.clock);
  const done = await checkRepository({
    session,
    clock: invocation.clock,
    patience: durationFlag(input, "retry-lock"),
    readDataSubset: input.text("read-data-subset") ?? null,
    signal: invocation.signal,
    onEvent: showResticEvents(progress, invocation.screen, "checking"),
  }).finally(() => progress.end());
  const { screen } = invocation;
  for (const message of done.messages.slice(0, 20)) screen.line(screen.style("bad", `  ${message}`));
  screen.line(
    done.errors === 0
      ? screen.style("good", `${repository.name}: no errors were found`)
      : screen.style("bad", `${repository.name}: ${counted(done.errors, "error")}`),
  );
  if (done.errors > 0)
    screen.line(`Next:  holdfast rollback plan ${repository.name} --to T     (an instant at which it was whole)`);
  return {
    exitCode: done.errors === 0 ? 0 : 1,
    result: {
      repository: repository.name,
      errors: done.errors,
      messages: done.messages,
      checkedAt: formatInstant(done.checkedAt),
    },
  };
};
