import { andMore, keyLines, ofSome } from "./named-keys.ts";
import type { RollbackPlan } from "../../rollback/plan-file.ts";
import type { VerifyResult } from "../../rollback/verify.ts";
import { formatInstant } from "../../base/instant.ts";
import { figureRows } from "./figure-row.ts";
import { count, counted, size } from "./figures.ts";
import type { Screen } from "./screen.ts";
import { wrap } from "./table.ts";

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
