import { Failure } from "../../base/failure.ts";
import { formatInstant } from "../../base/instant.ts";
import { checkRepository } from "../../repository/check-repository.ts";
import { readRecord, updateRecord } from "../../retention/record-file.ts";
import { withCheck } from "../../retention/record-run.ts";
import type { CheckOnRecord } from "../../retention/record.ts";
import type { CommandAction, Invocation } from "../invocation.ts";
import { durationFlag, openRepository, type OpenedRepository } from "../open-repository.ts";
import { counted } from "../render/figures.ts";
import { openProgress } from "../render/progress.ts";
import { showResticEvents } from "../render/restic-progress.ts";

/** `holdfast check [REPOSITORY]`. Exit 1 on errors, as restic's own. */
export const check: CommandAction = async (invocation, input) => {
  const readDataSubset = input.text("read-data-subset") ?? null;
  if (readDataSubset !== null && !isSubset(readDataSubset)) throw noSubset(readDataSubset);
  const repository = await openRepository(invocation, input);
  const session = await repository.session(repository.role(["writer", "pruner", "rescuer"]));
  const progress = openProgress(invocation.screen, invocation.clock);
  const done = await checkRepository({
    session,
    clock: invocation.clock,
    patience: durationFlag(input, "retry-lock"),
    readDataSubset,
    signal: invocation.signal,
    onEvent: showResticEvents(progress, invocation.screen, "checking"),
  }).finally(() => progress.end());
  await recordCheck(invocation, repository, { at: done.checkedAt, errors: done.errors, readData: readDataSubset });
  const { screen } = invocation;
  for (const message of done.messages.slice(0, 20)) screen.line(screen.style("bad", `  ${message}`));
  screen.line(
    done.errors === 0
      ? screen.style("good", `${repository.name}: no errors were found`)
      : screen.style("bad", `${repository.name}: ${counted(done.errors, "error")}`),
  );
  const whole = readDataSubset === "100%" ? "restore latest" : "check";
  const more = readDataSubset === "100%" ? "--target DIR" : "--read-data-subset 5%";
  screen.line(
    done.errors === 0
      ? `Next:  holdfast ${whole} ${repository.name} ${more}`
      : `Next:  holdfast rollback plan ${repository.name} --to T     (an instant at which it was whole)`,
  );
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

/** Where this host prunes the repository, its rails go by the last check, whoever asked for it. */
async function recordCheck({ clock }: Invocation, repository: OpenedRepository, check: CheckOnRecord): Promise<void> {
  const { name, configuration } = repository;
  if (configuration.retention === null) return;
  const state = await repository.state();
  if ((await readRecord(state, name)) === null) return;
  await updateRecord({ state, repository: name, clock }, (record) => withCheck(record, check));
}

/** What every restic takes: a share up to 100%, the n-th of t parts, or a size. */
function isSubset(text: string): boolean {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (share !== undefined) return Number(share) > 0 && Number(share) <= 100;
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (part !== undefined) return Number(part) >= 1 && Number(part) <= Number(parts) && Number(parts) <= 256;
  return /^[1-9]\d*[BKMGT]$/i.test(text);
}

function noSubset(text: string): Failure {
  return new Failure({
    kind: "usage",
    action: "read the data's part",
    subject: `--read-data-subset ${text}`,
    problem: "it is none of the forms that restic takes",
    hint: "--read-data-subset 5%, 1/12 (the first of 12 parts, 256 at most), 2G (or K, M, T), or 100% for all",
  });
}
