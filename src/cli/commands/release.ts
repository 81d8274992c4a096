import { Failure } from "../../base/failure.ts";
import { formatInstant } from "../../base/instant.ts";
import { updateRecord, readRecord } from "../../retention/record-file.ts";
import { withSettled, type RetentionRecord } from "../../retention/record.ts";
import type { CommandAction, CommandOutcome, Invocation } from "../invocation.ts";
import { openNamedRepository } from "../open-repository.ts";
import { noReason } from "./hold.ts";

interface Place {
  readonly invocation: Invocation;
  readonly name: string;
  readonly state: Parameters<typeof readRecord>[0];
}

/** `holdfast release [REPOSITORY]`, or with `--finding ID --reason TEXT`. Asks no store. */
export const release: CommandAction = async (invocation, input) => {
  const [finding, reason] = [input.text("finding"), input.text("reason")?.trim() ?? ""];
  if (finding !== undefined && reason === "") throw noReason(`settle ${finding} of`);
  const repository = await openNamedRepository(invocation, input, { name: input.words["repository"] });
  const place = { invocation, name: repository.name, state: await repository.state() };
  return finding === undefined ? await releaseHold(place) : await settle(place, { finding, reason });
};

async function releaseHold({ invocation, name, state }: Place): Promise<CommandOutcome> {
  const { clock, screen } = invocation;
  const standing = (await readRecord(state, name))?.hold ?? null;
  if (standing !== null) {
    await updateRecord({ state, repository: name, clock }, (record) => ({ ...record, hold: null }));
  }
  screen.line(standing === null ? `${name} is not on hold` : `${name} is no longer on hold`);
  screen.line(`Next:  holdfast prune ${name} --dry-run`);
  return { exitCode: 0, result: { repository: name, hold: null, released: standing !== null } };
}

interface Settlement {
  readonly finding: string;
  readonly reason: string;
}

async function settle({ invocation, name, state }: Place, { finding, reason }: Settlement): Promise<CommandOutcome> {
  const { clock, screen } = invocation;
  const settledAt = clock.now();
  const { hold, findings } = await updateRecord({ state, repository: name, clock }, (record) => {
    return withSettled(record, finding, { reason, settledAt }) ?? unknownFinding(record, finding);
  });
  screen.line(`${finding} is settled: ${reason}`);
  screen.line(`Next:  holdfast prune ${name} --dry-run`);
  return {
    exitCode: 0,
    result: {
      repository: name,
      hold: hold === null ? null : { ...hold, since: formatInstant(hold.since) },
      settled: finding,
      reason,
      settledAt: formatInstant(settledAt),
      open: findings.map(({ id }) => id),
    },
  };
}

function unknownFinding({ findings }: RetentionRecord, finding: string): never {
  const open = findings.map(({ id }) => id);
  throw new Failure({
    kind: "usage",
    action: "settle the finding",
    subject: finding,
    problem: "no prune of this host has found it, or it is settled",
    hint: open.length === 0 ? "no finding is open" : `open are ${open.join(", ")}`,
  });
}
