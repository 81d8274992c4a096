import { andMore, namedAtMost, ofSome } from "./named-keys.ts";
import type { OpenedRepository } from "../open-repository.ts";
import type { RollbackPlanResult } from "../../rollback/plan-request.ts";
import { displayLocation } from "../../base/repository-location.ts";
import { figureRows } from "./figure-row.ts";
import { counted, seconds, size } from "./figures.ts";
import { shortHashes } from "./short-hashes.ts";
import { wrap } from "./table.ts";

interface PlanContext {
  readonly repository: Pick<OpenedRepository, "name" | "profile" | "configuration">;
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
  const lost = plan.unrecoverableKeys.map(({ key, reason }) => ["lost", 1, shortHashes(key), reason] as const);
  return [
    ...wrap(`Rollback of ${repository.name} to ${plan.to}   (asked for ${asked})`, width, "  "),
    ...wrap(
      `${place} on ${repository.profile.title}: ${counted(plan.versions, "version")} of ${counted(plan.keys, "key")}, read in ${seconds(took)}, evidence saved`,
      width,
      "  ",
    ),
    "",
    ...figureRows(
      [
        ["bring back", actions.liftMarker, "lift a delete marker", "no data moves"],
        ["", actions.copyVersion, "copy an older version", `${size(plan.bytes)} inside the store`],
        ["hide", actions.hide, "written after T", "stays in the history"],
        ["leave", actions.keep, "already right", ""],
      ],
      width,
    ),
    "",
    ...figureRows(
      [
        ["proven", plan.proven, "by hash", "the bytes were read and hash to their name"],
        ...ofSome([
          ["sole", plan.sole, "never had another", "verify hashes them"],
          ["foreign", plan.foreign, "not restic's", "brought back as they were"],
          ["unproven", plan.unproven, "nothing to prove by", ""],
          ["ambiguous", plan.ambiguous, "two candidates", "named in the plan"],
        ]),
        ...plan.leftOut.map(
          ({ folder, keys }) => ["left out", keys, folder, "another repository stands there"] as const,
        ),
        ...lost.slice(0, namedAtMost),
      ],
      width,
    ),
    ...andMore(lost.length, "all in the plan"),
    "",
    ...(actions.liftMarker + actions.copyVersion + actions.hide === 0
      ? [
          ...wrap("There is nothing to do: the bucket is as it was at T.", width),
          `Next:  holdfast check ${repository.name}`,
        ]
      : [
          ...wrap(`About ${counted(plan.requests, "request")} to write. Nothing has been written yet.`, width),
          "Last hash of the plan:",
          `  ${plan.lastHash}`,
          `Next:  holdfast rollback apply ${plan.name ?? plan.plan}${asks}`,
        ]),
  ];
}
