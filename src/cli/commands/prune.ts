import { formatInstant } from "../../base/instant.ts";
import { checkRepository } from "../../repository/check-repository.ts";
import { listSnapshots } from "../../repository/list-snapshots.ts";
import type { Look } from "../../retention/look.ts";
import type { RetentionPlan } from "../../retention/plan.ts";
import { prune as runPrune } from "../../retention/run.ts";
import { exitCodeOf, findingsExitCode } from "../exit-code.ts";
import type { CommandAction } from "../invocation.ts";
import { durationFlag, openRepository, type OpenedRepository } from "../open-repository.ts";
import { openProgress } from "../render/progress.ts";
import { planLines, pruneEndLines } from "../render/prune.ts";
import type { Screen } from "../render/screen.ts";
import { retentionSettings } from "../retention-settings.ts";
import { warnOfSkew } from "../warn-of-skew.ts";

/**
 * `holdfast prune [REPOSITORY]`. Exit 81 when a guard rail holds, the plan being shown all the same; 80 when the check at
 * the end found errors.
 */
export const prune: CommandAction = async (invocation, input) => {
  const repository = await openRepository(invocation, input);
  const settings = retentionSettings(repository);
  const { retention } = repository.configuration;
  const role = repository.role(["pruner", "rescuer"]);
  const session = await repository.session(role);
  const store = await repository.store(role);
  await warnOfSkew(invocation, store);
  const progress = openProgress(invocation.screen, invocation.clock);
  const dryRun = input.has("dry-run");
  const { signal, clock, screen } = invocation;
  const patience = durationFlag(input, "retry-lock");
  const done = await runPrune({
    session,
    settings,
    clock,
    patience,
    signal,
    dryRun,
    state: await repository.state(),
    store,
    history: await historyStore(repository),
    pruneLimits: { "max-unused": retention?.["max-unused"], "max-repack-size": retention?.["max-repack-size"] },
    checkRuns: retention?.["check-read-data-runs"] ?? 1,
    release: new Set(input.list("release").flatMap((each) => each.split(","))),
    list: async () => await listSnapshots({ session, store: async () => await Promise.resolve(store), signal }),
    check: async (readDataSubset) =>
      (await checkRepository({ session, clock, patience, readDataSubset, signal, withoutLock: dryRun })).errors,
    onProgress: (text) => {
      progress.end();
      screen.note(`  ${text}`);
    },
    onPlan: (plan, look, interrupted) => {
      for (const line of planLines({ plan, look, interrupted, settings }, screen)) screen.line(line);
      tellSnapshots(screen, plan, look);
    },
  }).finally(() => progress.end());
  for (const line of pruneEndLines(done, { name: repository.name, dryRun }, screen)) screen.line(line);
  const { checked, hold } = done;
  const found = (checked?.errors ?? 0) > 0 ? findingsExitCode : 0;
  return {
    exitCode: done.held.length > 0 ? exitCodeOf("refused") : found,
    result: {
      repository: repository.name,
      dryRun,
      ...done,
      checked: checked === null ? null : { ...checked, at: formatInstant(checked.at) },
      hold: hold === null ? null : { ...hold, since: formatInstant(hold.since) },
    },
  };
};

/** The bucket with a key that may list versions: the rescuer's, which can also read them, else the monitor's. */
async function historyStore(
  repository: OpenedRepository,
): Promise<Awaited<ReturnType<OpenedRepository["store"]>> | null> {
  const { keys } = repository.configuration;
  const role = (["rescuer", "monitor"] as const).find((each) => keys.has(each));
  return role === undefined ? null : await repository.store(role);
}

function tellSnapshots(screen: Screen, { decisions }: RetentionPlan, { now }: Look): void {
  for (const { snapshot, keep, keptBy, reasons } of decisions) {
    screen.event({
      type: "snapshot",
      id: snapshot.id,
      host: snapshot.host,
      time: formatInstant(snapshot.time),
      storedAt: formatInstant(snapshot.storedAt),
      firstSeen: snapshot.firstSeen === now ? null : formatInstant(snapshot.firstSeen),
      keep,
      keptBy,
      reasons,
    });
  }
}
