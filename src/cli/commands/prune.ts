import { Failure } from "../../base/failure.ts";
import { formatInstant } from "../../base/instant.ts";
import { checkRepository } from "../../repository/check-repository.ts";
import { listSnapshots } from "../../repository/list-snapshots.ts";
import type { RetentionPlan } from "../../retention/plan.ts";
import { prune as runPrune, type PruneResult } from "../../retention/run.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { CommandAction } from "../invocation.ts";
import { durationFlag, openRepository } from "../open-repository.ts";
import { counted } from "../render/figures.ts";
import { warnOfSkew } from "../warn-of-skew.ts";
import { openProgress } from "../render/progress.ts";
import type { Screen } from "../render/screen.ts";
import { table } from "../render/table.ts";

/** `holdfast prune [REPOSITORY]`. Exit 81 when a guard rail holds; the plan is shown all the same. */
export const prune: CommandAction = async (invocation, input) => {
  const repository = await openRepository(invocation, input);
  const rules = repository.configuration.retention;
  if (rules === null) throw noRetention(repository.name);
  const role = repository.role(["pruner", "rescuer"]);
  const session = await repository.session(role);
  const opened = await repository.store(role);
  await warnOfSkew(invocation, opened);
  const store = async () => await Promise.resolve(opened);
  const progress = openProgress(invocation.screen, invocation.clock);
  const dryRun = input.has("dry-run");
  const { signal, clock } = invocation;
  const patience = durationFlag(input, "retry-lock");
  const done = await runPrune({
    session,
    rules,
    clock: invocation.clock,
    patience,
    signal,
    dryRun,
    release: new Set(input.list("release").flatMap((each) => each.split(","))),
    list: async () => await listSnapshots({ session, store, signal }),
    check: async () =>
      (await checkRepository({ session, clock, patience, readDataSubset: null, signal, withoutLock: dryRun })).errors,
    onProgress: (text) => {
      progress.end();
      invocation.screen.note(`  ${text}`);
    },
    onPlan: (plan) => showPlan(invocation.screen, plan),
  }).finally(() => progress.end());
  showEnd(invocation.screen, done, { name: repository.name, dryRun });
  return {
    exitCode: done.held.length > 0 ? exitCodeOf("refused") : 0,
    result: { repository: repository.name, dryRun, ...done },
  };
};

function showPlan(screen: Screen, plan: RetentionPlan): void {
  const rows = plan.decisions.map(({ snapshot, keep, reasons }) => [
    snapshot.id.slice(0, 8),
    snapshot.host,
    formatInstant(snapshot.time).replace(/\.\d+Z/, "Z"),
    keep ? "keep" : "forget",
    reasons.join(", "),
  ]);
  const columns = [
    { title: "snapshot" },
    { title: "host", shrinks: true },
    { title: "client says" },
    { title: "verdict" },
    { title: "why", shrinks: true },
  ];
  if (rows.length > 0) for (const line of table(columns, rows, screen.width)) screen.line(line);
}

function showEnd(
  screen: Screen,
  done: PruneResult,
  { name, dryRun }: { readonly name: string; readonly dryRun: boolean },
): void {
  screen.line();
  if (done.held.length > 0) {
    screen.line(screen.style("bad", `Held by ${counted(done.held.length, "rail")}, nothing was forgotten:`));
    for (const { rail, figure, release } of done.held) {
      screen.line(`  ${rail.padEnd(16)} ${figure}${release === null ? "" : `      release: ${release}`}`);
    }
    screen.line(`Next:  holdfast snapshots ${name}`);
    return;
  }
  const forgotten = counted(done.forgotten.length, "snapshot");
  screen.line(
    dryRun
      ? `${name}: ${forgotten} would be forgotten, ${counted(done.kept.length, "snapshot")} kept; nothing was written`
      : `${name}: ${forgotten} forgotten, ${counted(done.kept.length, "snapshot")} kept, ${counted(done.packsRemoved, "pack")} removed`,
  );
  screen.line(dryRun ? `Next:  holdfast prune ${name}` : `Next:  holdfast check ${name} --read-data-subset 5%`);
}

function noRetention(name: string): Failure {
  return new Failure({
    kind: "config",
    action: "prune",
    subject: name,
    problem: "the configuration has no retention rules for it",
    hint: `add repositories.${name}.retention to the configuration, for example keep-daily: 7`,
  });
}
