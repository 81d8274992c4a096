import { andMore, keyLines, ofSome } from "./named-keys.ts";
import type { ApplyResult } from "../../rollback/apply.ts";
import type { KeyChange } from "../../rollback/changes-since.ts";
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

/** A plan that is carried out in the stead of one that the bucket has left behind. */
export function anewLines(plan: RollbackPlan, word: string, width: number): readonly string[] {
  return [
    ...wrap(`The bucket changed since the plan; planned anew as ${word}:`, width, "  "),
    ...applyLines(plan, width),
  ];
}

/** For a plan that was named by what it was before the bucket changed. */
export function wentOnLines(word: string, successor: string, width: number): readonly string[] {
  return wrap(`The bucket had changed since ${word}: it went on as ${successor}, which is meant here.`, width, "  ");
}

/** For a key that may not lift delete markers: what it does instead, said before the question. */
export async function copiedInsteadLines(plan: RollbackPlan, role: string, width: number): Promise<readonly string[]> {
  let objects = 0;
  let bytes = 0;
  for await (const step of plan.stepsByKey()) {
    if (step.action !== "liftMarker") continue;
    objects++;
    bytes += step.to.size ?? 0;
  }
  const text = `The ${role}'s key may not lift delete markers (s3:DeleteObjectVersion), so ${counted(objects, "object")} of ${size(bytes)} will be copied forward inside the store instead.`;
  return wrap(text, width);
}

interface AppliedScreen {
  readonly applied: ApplyResult;
  readonly report: string | null;
  readonly word: string;
  readonly dryRun: boolean;
  readonly accepted: ReadonlySet<string>;
  /** What `--check` found, null where it was not asked for. */
  readonly check: { readonly errors: number } | null;
  readonly repository: string;
  readonly width: number;
}

/** How apply ended. */
export function appliedLines(screen: AppliedScreen): readonly string[] {
  const { applied, report, word, dryRun, accepted, check, repository, width } = screen;
  const { done, skipped, failed, changed, changedKeys, unrecoverable } = applied;
  const verb = dryRun ? "would be changed" : "changed";
  const flags = [...accepted].map((each) => ` --accept ${each}`).join("");
  return [
    `${count(done)} ${verb}, ${count(skipped)} already right, ${count(failed)} failed`,
    ...lostLines(unrecoverable, width),
    ...leftLines(changedKeys, changed, width, dryRun ? "would be planned anew" : "left alone"),
    ...(check === null
      ? []
      : [check.errors === 0 ? "check: no errors were found" : `check: ${counted(check.errors, "error")}`]),
    ...(report === null ? [] : [`Report: ${report}`]),
    `Next:  holdfast rollback ${dryRun && done + changed > 0 ? `apply ${word}${flags}` : `verify ${word}`}`,
    ...(check === null && !dryRun ? [`then:  holdfast check ${repository} --read-data-subset 100%`] : []),
  ];
}

/** What an undo is about to do. */
export function undoLines(undo: RollbackPlan, left: readonly KeyChange[], width: number): readonly string[] {
  const { actions, requests, bytes } = undo.totals;
  return [
    ...wrap(`Undo of a rollback of ${undo.header.repository}, back to what it showed before:`, width, "  "),
    ...figureRows(
      [
        ["show again", actions.liftMarker, "lift our delete marker", ""],
        ["", actions.copyVersion, "copy an older version", size(bytes)],
        ["hide", actions.hide, "brought back before", ""],
      ],
      width,
    ),
    ...leftLines(left, undo.totals.findings, width),
    `About ${counted(requests, "request")} to write. No data version is removed.`,
  ];
}

/** How an undo ended. */
export function undoneLines(applied: ApplyResult, report: string, width: number): readonly string[] {
  const { done, skipped, failed, changed, changedKeys } = applied;
  return [
    `${count(done)} undone, ${count(skipped)} already as before, ${count(failed)} failed`,
    ...leftLines(changedKeys, changed, width),
    `Report: ${report}`,
  ];
}

/** Keys that somebody has written since. */
function leftLines(
  changed: readonly KeyChange[],
  total: number,
  width: number,
  fate = "left alone",
): readonly string[] {
  const said = changed.map(({ key, problem }) => ({ key, said: problem }));
  return [...keyLines(fate, said, width), ...andMore(total, "all in --json")];
}

interface VerifiedScreen {
  readonly plan: RollbackPlan;
  /** Whether an undo of the plan was begun: it cannot be applied again then. */
  readonly isUndone: boolean;
  readonly word: string;
  readonly screen: Screen;
}

/** What verify found. */
export function differingLines(
  verified: VerifyResult,
  { plan, isUndone, word, screen }: VerifiedScreen,
): readonly string[] {
  const { matching, differing, differingCount, proven } = verified;
  return [
    ...wrap(
      `${counted(matching, "key")} as at T, ${count(differingCount)} different, ${count(proven)} proven by hash`,
      screen.width,
      "  ",
    ),
    ...keyLines(
      "differs",
      differing.map(({ key, problem }) => ({ key, said: problem })),
      screen.width,
    ).map((line) => screen.style("bad", line)),
    ...andMore(differingCount, "all in --json"),
    differingCount === 0
      ? `Next:  holdfast check ${plan.header.repository} --read-data-subset 100%`
      : isUndone
        ? `Next:  holdfast rollback status ${word}     (an undo of it was begun)`
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
