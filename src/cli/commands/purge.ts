import { windowDays } from "../../access/policy/lifecycle.ts";
import type { Duration } from "../../base/duration.ts";
import type { Finding } from "../../base/finding.ts";
import { addMilliseconds, formatInstant, type Instant } from "../../base/instant.ts";
import { applyPurge } from "../../purge/apply-purge.ts";
import type { DateTrust } from "../../purge/decide-key.ts";
import { planPurge } from "../../purge/plan-purge.ts";
import type { PurgePlan, PurgeProgress, PurgeResult } from "../../purge/purge-request.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";
import { readOnly } from "../../store/read-only-store.ts";
import type { PurgingStore } from "../../store/versioned-store.ts";
import { confirm } from "../confirm.ts";
import { connectionsFlag } from "../connections-flag.ts";
import { exitCodeOf, findingsExitCode } from "../exit-code.ts";
import { historyReading, mayBeForged } from "../history-reading.ts";
import type { CommandAction, CommandInput, Invocation } from "../invocation.ts";
import { openNamedRepository, type OpenedRepository } from "../open-repository.ts";
import { purgeHolds, purgeWatch } from "../purge-holds.ts";
import { counted, size } from "../render/figures.ts";
import { namedAtMost } from "../render/named-keys.ts";
import { openProgress } from "../render/progress.ts";
import { purgedLines, purgeLines } from "../render/purge.ts";
import { keepHeapSmall } from "../small-heap.ts";
import { warnOfSkew } from "../warn-of-skew.ts";

const day = 86_400_000;

/** `holdfast purge [REPOSITORY]`. Exit 81 where something holds it, 80 where keys are left; the plan is shown all the same. */
export const purge: CommandAction = async (invocation, input) => {
  const repository = await openNamedRepository(invocation, input, { name: input.words["repository"] });
  const { screen, clock } = invocation;
  keepHeapSmall();
  const role = repository.role(["purger", "rescuer"]);
  const store = await repository.store(role, { connections: connectionsFlag(input) });
  await warnOfSkew(invocation, store);
  const dryRun = input.has("dry-run");
  const window = repository.configuration.recoveryWindow ?? ((windowDays(null) * day) as Duration);
  const began = clock.now();
  const { plan, left } = await planned(invocation, input, { repository, store, window });
  const took = clock.now() - began;
  const shown = { repository, window, took, dryRun, left, width: screen.width };
  for (const line of purgeLines(plan, shown)) screen.line(line);
  const isHeld = plan.held.length > 0;
  const done = dryRun || isHeld ? null : await applied(invocation, input, { repository, store, plan, window });
  if (done !== null)
    for (const line of purgedLines(done, { name: repository.name, width: screen.width })) screen.line(line);
  return {
    exitCode: isHeld ? exitCodeOf("refused") : plan.totals.left > 0 ? findingsExitCode : 0,
    result: { repository: repository.name, dryRun, ...fieldsOf(plan, done) },
  };
};

interface Purging {
  readonly repository: OpenedRepository;
  readonly store: PurgingStore;
}

interface Planned {
  readonly plan: PurgePlan;
  /** The first of the keys that are left; with `--json` all of them were told. */
  readonly left: readonly Finding[];
}

async function planned(
  invocation: Invocation,
  input: CommandInput,
  { repository, store, window }: Purging & { readonly window: Duration },
): Promise<Planned> {
  const { clock, screen, signal } = invocation;
  const { name, profile, configuration } = repository;
  const state = await repository.state();
  const since = addMilliseconds(clock.now(), 0 - window);
  const left: Finding[] = [];
  const watch = watchOf(invocation);
  const plan = await planPurge({
    repository: name,
    location: configuration.location,
    store: readOnly(store),
    state,
    clock,
    window,
    ...historyReading(profile),
    dates: dateTrust(profile),
    held: await purgeHolds(state, { repository: name, since }),
    connections: connectionsFlag(input),
    signal,
    onProgress: watch.show,
    onLeft: (finding) => {
      screen.event({ type: "finding", ...finding });
      if (left.length < namedAtMost) left.push(finding);
    },
  }).finally(() => watch.end());
  for (const finding of plan.held) screen.event({ type: "finding", ...finding });
  return { plan, left };
}

function dateTrust(profile: ProviderProfile): DateTrust {
  if (mayBeForged(profile)) return "none";
  return profile.uploadDate.value === "completion" ? "all" : "whole";
}

async function applied(
  invocation: Invocation,
  input: CommandInput,
  { repository, store, plan, window }: Purging & { readonly plan: PurgePlan; readonly window: Duration },
): Promise<PurgeResult> {
  const { versions, markers, bytes } = plan.totals;
  if (versions + markers > 0) {
    const what = `${counted(versions, "version")} (${size(bytes)}) and ${counted(markers, "delete marker")}`;
    const question = `Destroy ${what} of ${repository.configuration.location.spelling} for good?`;
    await confirm(invocation, { question, action: "purge", subject: repository.name });
  }
  const role = repository.role(["purger", "rescuer"]);
  const { credentials } = await repository.access(role);
  const watch = watchOf(invocation);
  const state = await repository.state();
  const since = addMilliseconds(invocation.clock.now(), 0 - window);
  return await applyPurge({
    plan,
    store,
    state,
    heldNow: purgeWatch(state, { repository: repository.name, since }),
    clock: invocation.clock,
    role,
    accessKey: credentials.accessKey,
    connections: connectionsFlag(input),
    signal: invocation.signal,
    onProgress: watch.show,
  }).finally(() => watch.end());
}

function watchOf({ screen, clock }: Invocation) {
  const progress = openProgress(screen, clock, { leavesStages: true });
  return {
    show: ({ stage, done, total }: PurgeProgress): void => {
      progress.show({ stage: stage === "list" ? "reading the history" : "destroying", done, total, unit: "objects" });
    },
    end: (): void => progress.end(),
  };
}

function fieldsOf(plan: PurgePlan, done: PurgeResult | null): Readonly<Record<string, unknown>> {
  const { totals, rules, held, lifecycle, listing, earlier, possibleFrom, broken } = plan;
  return {
    versionsRemoved: done?.versionsRemoved ?? 0,
    markersRemoved: done?.markersRemoved ?? 0,
    bytesFreed: done?.bytesFreed ?? 0,
    changed: done?.changed ?? 0,
    journal: done?.journal ?? null,
    ...totals,
    oldestKept: textOf(totals.oldestKept),
    windowBegins: formatInstant(rules.cutoff),
    held,
    lifecycle: lifecycle.map((rule) => ({ ...rule, next: textOf(rule.next) })),
    evidence: listing.evidence.path,
    earlierListing: textOf(earlier?.endedAt ?? null),
    possibleFrom: textOf(possibleFrom),
    stoppedBefore: broken === null ? null : { ...broken, startedAt: formatInstant(broken.startedAt) },
  };
}

function textOf(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
