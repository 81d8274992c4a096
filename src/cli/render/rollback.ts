import type { OpenedRepository } from "../open-repository.ts";
import type { RollbackPlanResult } from "../../rollback/make-plan.ts";
import type { RollbackPlan } from "../../rollback/plan-file.ts";
import type { VerifyResult } from "../../rollback/verify.ts";
import { formatInstant } from "../../base/instant.ts";
import { displayLocation } from "../../base/repository-location.ts";
import { figureRows, hang, type FigureRow } from "./figure-row.ts";
import { count, counted, seconds, size } from "./figures.ts";
import type { Screen } from "./screen.ts";
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

function ofSome(rows: readonly FigureRow[]): readonly FigureRow[] {
  return rows.filter(([, figure]) => figure > 0);
}

/** The totals of a plan before it is applied. */
export function applyLines(plan: RollbackPlan, width: number): readonly string[] {
  const { actions, requests, bytes, unproven, ambiguous, unrecoverable } = plan.totals;
  return [
    ...wrap(
      `Plan of ${formatInstant(plan.header.createdAt)} for ${plan.header.repository}, back to ${formatInstant(plan.header.to)}:`,
      width,
      "  ",
    ),
    ...figureRows(
      [
        ["bring back", actions.liftMarker, "lift a delete marker", ""],
        ["", actions.copyVersion, "copy an older version", size(bytes)],
        ["hide", actions.hide, "written after T", ""],
        ...ofSome([
          ["unproven", unproven, "nothing to prove by", "needs --accept unproven"],
          ["ambiguous", ambiguous, "two candidates", "needs --accept ambiguous"],
          ["lost", unrecoverable, "no good version", "needs --accept unrecoverable"],
        ]),
      ],
      width,
    ),
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
    ...wrap(
      `${counted(matching, "key")} as at T, ${count(differing.length)} different, ${count(proven)} proven by hash`,
      screen.width,
      "  ",
    ),
    ...keyLines(
      "differs",
      differing.map(({ key, problem }) => ({ key, said: problem })),
      screen.width,
    ).map((line) => screen.style("bad", line)),
    ...andMore(differing.length, "all in --json"),
    differing.length === 0
      ? `Next:  holdfast check ${plan.header.repository} --read-data-subset 100%`
      : `Next:  holdfast rollback apply ${word}     (again is safe)`,
  ];
}

/** What apply could not bring back, each key with its reason. */
export function lostLines(
  lost: readonly { readonly key: string; readonly reason: string }[],
  width: number,
): readonly string[] {
  const said = lost.map(({ key, reason }) => ({ key, said: reason }));
  return [...keyLines("lost", said, width), ...andMore(lost.length, "all in the plan")];
}

/** On a screen; `--json` and the plan name them all. */
const namedAtMost = 20;

function keyLines(
  label: string,
  keys: readonly { readonly key: string; readonly said: string }[],
  width: number,
): readonly string[] {
  const lead = `  ${label}  `;
  return keys.slice(0, namedAtMost).flatMap(({ key, said }) => hang(lead, `${shortHashes(key)}  ${said}`, width));
}

function andMore(total: number, where: string): readonly string[] {
  return total > namedAtMost ? [`  and ${count(total - namedAtMost)} more, ${where}`] : [];
}
