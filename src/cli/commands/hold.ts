import { Failure } from "../../base/failure.ts";
import { formatInstant } from "../../base/instant.ts";
import { updateRecord } from "../../retention/record-file.ts";
import { withHold } from "../../retention/record.ts";
import type { CommandAction } from "../invocation.ts";
import { openNamedRepository } from "../open-repository.ts";

/** `holdfast hold [REPOSITORY] --reason TEXT`. Asks no store. A hold that stands is replaced by the new one. */
export const hold: CommandAction = async (invocation, input) => {
  const reason = input.text("reason")?.trim() ?? "";
  if (reason === "") throw noReason("put a hold on");
  const repository = await openNamedRepository(invocation, input, { name: input.words["repository"] });
  const { name } = repository;
  const { clock, screen } = invocation;
  const since = clock.now();
  await updateRecord({ state: await repository.state(), repository: name, clock }, (record) =>
    withHold(record, reason, since),
  );
  screen.line(`${name} is on hold: no prune of this host forgets anything until it is released`);
  screen.line(`Next:  holdfast release ${name}`);
  return { exitCode: 0, result: { repository: name, hold: { reason, since: formatInstant(since) } } };
};

/** Whoever reads it in a year has to know why. */
export function noReason(action: string): Failure {
  return new Failure({
    kind: "usage",
    action,
    subject: "the repository",
    problem: "there is no reason to put on record",
    hint: '--reason "host nas was broken into, looking into it"',
  });
}
