import { createRepository } from "../../repository/create-repository.ts";
import { formatDuration } from "../../base/duration.ts";
import { warnOfSkew } from "../warn-of-skew.ts";
import type { CommandAction } from "../invocation.ts";
import { openRepository } from "../open-repository.ts";

/** `holdfast init [REPOSITORY]`. */
export const init: CommandAction = async (invocation, input) => {
  const repository = await openRepository(invocation, input);
  const role = repository.role(["rescuer", "pruner", "writer"]);
  const [session, store] = await Promise.all([repository.session(role), repository.store(role)]);
  const { screen } = invocation;
  await warnOfSkew(invocation, store);
  const done = await createRepository({
    session,
    store,
    profile: repository.profile,
    clock: invocation.clock,
    state: await repository.state(),
    dryRun: input.has("dry-run"),
    signal: invocation.signal,
    onStep: (text) => screen.note(`  ${text}`),
  });
  const { name } = repository;
  if (input.has("dry-run"))
    screen.line(`${name}: the repository ${done.created ? "would be made" : "is there already"}`);
  else if (done.created)
    screen.line(screen.style("good", `${name}: the repository is made, and its bucket keeps versions`));
  else screen.line(`${name}: the repository is there already and this password opens it; nothing was changed`);
  for (const finding of done.findings) screen.line(`  ${finding.evidence}: ${finding.remedy}`);
  const { recoveryWindow } = repository.configuration;
  if (recoveryWindow !== null) {
    const window = formatDuration(recoveryWindow);
    screen.line(`  at the store, let no lifecycle rule remove noncurrent versions before ${window} (recovery-window)`);
  }
  screen.line(input.has("dry-run") && done.created ? `Next:  holdfast init ${name}` : `Next:  holdfast backup ${name}`);
  return { exitCode: 0, result: { repository: name, ...done } };
};
