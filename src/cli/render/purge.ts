import { formatDuration, type Duration } from "../../base/duration.ts";
import type { Finding } from "../../base/finding.ts";
import { formatInstant } from "../../base/instant.ts";
import { displayLocation } from "../../base/repository-location.ts";
import type { RuleOutlook } from "../../purge/lifecycle-outlook.ts";
import type { PurgePlan, PurgeResult } from "../../purge/purge-request.ts";
import type { OpenedRepository } from "../open-repository.ts";
import { figureRows, hang, type FigureRow } from "./figure-row.ts";
import { count, counted, seconds, size } from "./figures.ts";
import { andMore, ofSome } from "./named-keys.ts";
import { shortHashes } from "./short-hashes.ts";
import { wrap } from "./table.ts";

interface PurgeContext {
  readonly repository: Pick<OpenedRepository, "name" | "profile" | "configuration">;
  readonly window: Duration;
  /** How long the history took to read, in milliseconds. */
  readonly took: number;
  readonly dryRun: boolean;
  /** The first of the keys that are left. */
  readonly left: readonly Finding[];
  readonly width: number;
}

/** What a purge would destroy, on one screen. */
export function purgeLines(plan: PurgePlan, context: PurgeContext): readonly string[] {
  const { width, left } = context;
  return [
    ...headLines(plan, context),
    "",
    ...figureRows(areaRows(plan), width),
    ...figureRows(restRows(plan), width),
    ...lifecycleLines(plan.lifecycle, width),
    ...findingLines(left, plan.totals.left, width),
    ...heldLines(plan, width),
    "",
    ...endLines(plan, context),
  ];
}

function headLines(plan: PurgePlan, { repository, window, took, width }: PurgeContext): readonly string[] {
  const { totals, rules, broken } = plan;
  const place = displayLocation(repository.configuration.location);
  const read = `${counted(totals.rows, "version")} and markers of ${counted(totals.keys, "key")}, read in ${seconds(took)}`;
  const begins = `the recovery window of ${formatDuration(window)} begins at ${formatInstant(rules.cutoff)}`;
  const before =
    broken === null
      ? []
      : wrap(
          `The purge of ${formatInstant(broken.startedAt)} stopped half-way, ${count(broken.done)} of ${count(broken.intended)} rows that it had begun on were answered for. This one goes on.`,
          width,
          "  ",
        );
  return [
    ...wrap(`Purge of ${repository.name}: ${begins}`, width, "  "),
    ...wrap(`${place} on ${repository.profile.title}: ${read}, evidence saved`, width, "  "),
    ...before,
  ];
}

function areaRows({ totals }: PurgePlan): readonly FigureRow[] {
  return totals.areas.map(({ area, versions, markers, bytes }) => [
    area,
    versions,
    versions === 1 ? "old version" : "old versions",
    `${size(bytes)}${markers === 0 ? "" : `, and ${counted(markers, "dead marker")}`}`,
  ]);
}

function restRows({ totals, possibleFrom }: PurgePlan): readonly FigureRow[] {
  const from = possibleFrom === null ? "" : `the first can go from ${formatInstant(possibleFrom)} on`;
  return ofSome([
    ["waiting", totals.waiting, "not seen long enough", from],
    ["left", totals.left, totals.left === 1 ? "key in doubt" : "keys in doubt", "named below"],
    ["null", totals.nulls, "written unversioned", "an id of null is never destroyed"],
    ["foreign", totals.foreign, "not restic's", "never touched"],
  ]);
}

function lifecycleLines(rules: readonly RuleOutlook[], width: number): readonly string[] {
  return rules.flatMap(({ id, noncurrentDays, newerNoncurrentVersions, versions, bytes, due, next }) => {
    const after = noncurrentDays === null ? "" : ` ${counted(noncurrentDays, "day")} after they were superseded`;
    const but = newerNoncurrentVersions === null ? "" : ` but for the newest ${newerNoncurrentVersions} of a key`;
    const then = next === null ? "" : `, the next at ${formatInstant(next)}`;
    const text = `The store's own rule "${id}" destroys old versions${after}${but}: ${counted(versions, "version")} of ${size(bytes)} in time, ${count(due)} due by now${then}.`;
    return ["", ...wrap(text, width, "  ")];
  });
}

function findingLines(findings: readonly Finding[], total: number, width: number): readonly string[] {
  if (findings.length === 0) return [];
  const told = findings.flatMap(({ severity, subject, evidence, remedy }) => {
    const lead = `  ${severity.padEnd(9)}`;
    const said = `${shortHashes(subject)}: ${shortHashes(evidence)}.`;
    return [...hang(lead, said, width), ...hang(" ".repeat(lead.length), remedy, width)];
  });
  return ["", ...told, ...andMore(total, "all with --json")];
}

function heldLines({ held }: PurgePlan, width: number): readonly string[] {
  if (held.length === 0) return [];
  const told = findingLines(held, held.length, width).slice(1);
  return ["", `Held by ${counted(held.length, "finding")}, nothing was destroyed:`, ...told];
}

function endLines({ totals, held }: PurgePlan, { repository, dryRun, width }: PurgeContext): readonly string[] {
  const { versions, markers, bytes } = totals;
  if (held.length > 0) return [`Next:  holdfast purge ${repository.name} --dry-run`];
  if (versions + markers === 0)
    return ["Nothing is old enough to go.", ...(dryRun ? [`Next:  holdfast check ${repository.name}`] : [])];
  const sum = `${counted(versions, "version")} of ${size(bytes)} and ${counted(markers, "delete marker")} can go for good.`;
  return [
    ...wrap(`${sum} Nothing has been destroyed yet.`, width),
    ...(dryRun ? [`Next:  holdfast purge ${repository.name}`] : []),
  ];
}

/** How a purge ended. */
export function purgedLines(
  { versionsRemoved, markersRemoved, bytesFreed, changed, journal }: PurgeResult,
  { name, width }: { readonly name: string; readonly width: number },
): readonly string[] {
  const done = `${counted(versionsRemoved, "version")} and ${counted(markersRemoved, "delete marker")} destroyed, ${size(bytesFreed)} freed`;
  const kept = changed === 0 ? [] : wrap(`${count(changed)} were left: their keys changed since the plan`, width);
  return [done, ...kept, `Journal: ${journal}`, `Next:  holdfast check ${name}`];
}
