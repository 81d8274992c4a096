import type { OpenedRepository } from "../open-repository.ts";
import type { RollbackPlanResult } from "../../rollback/make-plan.ts";
import type { RollbackPlan } from "../../rollback/plan-file.ts";
import type { VerifyResult } from "../../rollback/verify.ts";
import { formatInstant } from "../../base/instant.ts";
import { displayLocation } from "../../base/repository-location.ts";
import { count, counted, seconds, size } from "./figures.ts";
import type { Screen } from "./screen.ts";
import { wrap } from "./table.ts";

interface PlanContext {
  readonly repository: OpenedRepository;
  /** T as the user typed it. */
  readonly asked: string;
  /** Milliseconds. */
  readonly took: number;
  readonly width: number;
}

/** The plan on one screen; see look.md "A plan". */
export function planLines(
  plan: RollbackPlanResult,
  { repository, asked, took, width }: PlanContext,
): readonly string[] {
  const { actions } = plan;
  const place = displayLocation(repository.configuration.location);
  const asks = plan.accept.map((word) => ` --accept ${word}`).join("");
  const lost = plan.unrecoverableKeys.map(({ key, reason }) => ["lost", 1, key, reason] as const);
  return [
    ...wrap(`Rollback of ${repository.name} to ${plan.to}   (asked for ${asked})`, width, "  "),
    ...wrap(
      `${place} on ${repository.profile.title}: ${counted(plan.versions, "version")} of ${counted(plan.keys, "key")}, read in ${seconds(took)}, evidence saved`,
      width,
      "  ",
    ),
    "",
    row("bring back", actions.liftMarker, "lift a delete marker", "no data moves"),
    row("", actions.copyVersion, "copy an older version", `${size(plan.bytes)} inside the store`),
    row("hide", actions.hide, "written after T", "stays in the history"),
    row("leave", actions.keep, "already right", ""),
    "",
    row("proven", plan.proven, "by hash", "the bytes were read and hash to their name"),
    ...optionalRow("sole", plan.sole, "never had another", "verify hashes them"),
    ...optionalRow("foreign", plan.foreign, "not restic's", "brought back as they were"),
    ...optionalRow("unproven", plan.unproven, "nothing to prove by", ""),
    ...optionalRow("ambiguous", plan.ambiguous, "two candidates", "named in the plan"),
    ...lost.slice(0, 20).map((cells) => row(...cells)),
    ...(lost.length > 20 ? [`  and ${count(lost.length - 20)} more, all in the plan`] : []),
    "",
    ...(actions.liftMarker + actions.copyVersion + actions.hide === 0
      ? ["There is nothing to do: the bucket is as it was at T.", `Next:  holdfast check ${repository.name}`]
      : [
          `About ${counted(plan.requests, "request")} to write. Nothing has been written yet.`,
          `Last hash of the plan: ${plan.lastHash}`,
          `Next:  holdfast rollback apply ${plan.name ?? plan.plan}${asks}`,
        ]),
  ];
}

function row(label: string, figure: number, what: string, note: string): string {
  return `  ${label.padEnd(11)}${count(figure).padStart(7)}    ${what.padEnd(23)}${note}`.trimEnd();
}

function optionalRow(label: string, figure: number, what: string, note: string): readonly string[] {
  return figure === 0 ? [] : [row(label, figure, what, note)];
}

/** The totals of a plan before it is applied. */
export function applyLines(plan: RollbackPlan): readonly string[] {
  const { actions, requests, bytes, unproven, ambiguous, unrecoverable } = plan.totals;
  return [
    `Plan of ${formatInstant(plan.header.createdAt)} for ${plan.header.repository}, back to ${formatInstant(plan.header.to)}:`,
    row("bring back", actions.liftMarker, "lift a delete marker", ""),
    row("", actions.copyVersion, "copy an older version", size(bytes)),
    row("hide", actions.hide, "written after T", ""),
    ...optionalRow("unproven", unproven, "nothing to prove by", "needs --accept unproven"),
    ...optionalRow("ambiguous", ambiguous, "two candidates", "needs --accept ambiguous"),
    ...optionalRow("lost", unrecoverable, "no good version", "needs --accept unrecoverable"),
    `About ${counted(requests, "request")} to write.`,
  ];
}

/** What verify found. */
export function differingLines(
  verified: VerifyResult,
  { plan, word, screen }: { readonly plan: RollbackPlan; readonly word: string; readonly screen: Screen },
): readonly string[] {
  const { matching, differing, proven } = verified;
  return [
    `${counted(matching, "key")} as at T, ${count(differing.length)} different, ${count(proven)} proven by hash`,
    ...differing.slice(0, 20).map(({ key, problem }) => screen.style("bad", `  differs  ${key}  ${problem}`)),
    ...(differing.length > 20 ? [`  and ${count(differing.length - 20)} more, all in --json`] : []),
    differing.length === 0
      ? `Next:  holdfast check ${plan.header.repository} --read-data-subset 100%`
      : `Next:  holdfast rollback apply ${word}     (again is safe)`,
  ];
}
