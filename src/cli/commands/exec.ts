import { Failure } from "../../base/failure.ts";
import type { CommandAction } from "../invocation.ts";
import { openRepository } from "../open-repository.ts";

/** `holdfast exec [REPOSITORY] -- ARGS`: restic's own output and exit code. */
export const exec: CommandAction = async (invocation, input) => {
  if (invocation.rest.length === 0) {
    throw new Failure({
      kind: "usage",
      action: "run",
      subject: "restic",
      problem: "there are no words for it after --",
      hint: "holdfast exec home -- snapshots",
    });
  }
  const repository = await openRepository(invocation, input);
  const session = await repository.session(repository.role(["writer", "pruner", "rescuer"]));
  const outcome = await session.program.run({
    arguments: [...repository.resticFlags(session), ...invocation.rest],
    environment: session.environment,
    streams: "inherit",
    signal: invocation.signal,
  });
  return { exitCode: outcome.exitCode, result: null };
};
