import type { Finding } from "../../base/finding.ts";
import { displayLocation } from "../../base/repository-location.ts";
import type { RollbackPlanResult } from "../../rollback/plan-request.ts";
import type { OpenedRepository } from "../open-repository.ts";
import { figureRows, hang, type FigureRow } from "./figure-row.ts";
import { count, counted, seconds, size } from "./figures.ts";
import { andMore, namedAtMost, ofSome } from "./named-keys.ts";
import { shortHashes } from "./short-hashes.ts";
import { wrap } from "./table.ts";

interface PlanContext {
  readonly repository: Pick<OpenedRepository, "name" | "profile" | "configuration">;
  /** T as the user typed it. */
  readonly asked: string;
  /** How long the history took to read, in milliseconds. */
  readonly took: number;
  readonly width: number;
}

/** The plan on one screen; see look.md "A plan". */
export function planLines(plan: RollbackPlanResult, context: PlanContext): readonly string[] {
  const { width } = context;
  const lost = plan.unrecoverableKeys.map(({ key, reason }) => ["lost", 1, shortHashes(key), reason] as const);
  return [
    ...headLines(plan, context),
    "",
    ...figureRows(actionRows(plan), width),
    "",
    ...figureRows([...proofRows(plan), ...lost.slice(0, namedAtMost)], width),
    ...andMore(plan.unrecoverable, "all in the plan"),
    "",
    ...stateLines(plan, width),
    ...findingLines(plan, width),
    ...nextLines(plan, context),
  ];
}

function headLines(plan: RollbackPlanResult, { repository, asked, took, width }: PlanContext): readonly string[] {
  const place = displayLocation(repository.configuration.location);
  const read = `${counted(plan.versions, "version")} of ${counted(plan.keys, "key")}, read in ${seconds(took)}`;
  const from = plan.fromEvidence ? `from the evidence ${plan.evidence}` : "evidence saved";
  const typed = asked === plan.to ? "" : `   (asked for ${asked})`;
  return [
    ...wrap(`Rollback of ${repository.name} to ${plan.to}${typed}`, width, "  "),
    ...wrap(`${place} on ${repository.profile.title}: ${read}, ${from}`, width, "  "),
  ];
}

function actionRows({ actions, bytes }: RollbackPlanResult): readonly FigureRow[] {
  return [
    ["bring back", actions.liftMarker, "lift a delete marker", "no data moves"],
    ["", actions.copyVersion, "copy an older version", `${size(bytes)} inside the store`],
    ["hide", actions.hide, "written after T", "stays in the history"],
    ["leave", actions.keep, "already right", ""],
  ];
}

const provenNotes = {
  none: "every index, snapshot and key",
  changed: "all with a second version, every index, snapshot and key",
  all: "every object of the state at T",
} as const;

function proofRows(plan: RollbackPlanResult): readonly FigureRow[] {
  const note = plan.fromEvidence ? "nothing can be hashed from evidence" : provenNotes[plan.prove];
  const more =
    plan.prove === "all" || plan.fromEvidence ? "verify hashes them" : "verify hashes them, or --prove all now";
  return [
    ["proven", plan.proven, "by hash", note],
    ...ofSome([
      ["sole", plan.sole, "never had another", more],
      ["foreign", plan.foreign, "not restic's", "brought back as they were"],
      ["unproven", plan.unproven, "nothing to prove by", ""],
      ["ambiguous", plan.ambiguous, "two candidates", "named in the plan"],
    ]),
    ...plan.leftOut.map(({ folder, keys }) => ["left out", keys, folder, "another repository stands there"] as const),
  ];
}

function stateLines({ stateAtT, hashedBytes }: RollbackPlanResult, width: number): readonly string[] {
  const read = hashedBytes === 0 ? "" : ` ${size(hashedBytes)} were read and hashed.`;
  return wrap(
    `${count(stateAtT.available)} of ${counted(stateAtT.objects, "object")} of the state at T can be had.${read}`,
    width,
  );
}

const severities = ["alarm", "warning", "notice"] as const satisfies readonly Finding["severity"][];

function findingLines({ found, findings }: RollbackPlanResult, width: number): readonly string[] {
  if (found.length === 0) return [];
  const ordered = severities.flatMap((severity) => found.filter((finding) => finding.severity === severity));
  const told = ordered.slice(0, namedAtMost).flatMap(({ severity, evidence, subject, remedy }) => {
    const lead = `  ${severity.padEnd(9)}`;
    const said = `${shortHashes(subject)}: ${shortHashes(evidence)}.`;
    return [...hang(lead, said, width), ...hang(" ".repeat(lead.length), remedy, width)];
  });
  return ["", ...told, ...andMore(findings, "all in the plan"), ""];
}

function nextLines(plan: RollbackPlanResult, { repository, width }: PlanContext): readonly string[] {
  const { actions } = plan;
  if (actions.liftMarker + actions.copyVersion + actions.hide === 0) {
    return [
      ...wrap("There is nothing to do: the bucket is as it was at T.", width),
      `Next:  holdfast check ${repository.name}`,
    ];
  }
  const asks = plan.accept.map((word) => ` --accept ${word}`).join("");
  return [
    ...wrap(`About ${counted(plan.requests, "request")} to write. Nothing has been written yet.`, width),
    "Last hash of the plan:",
    `  ${plan.lastHash}`,
    `Next:  holdfast rollback apply ${plan.name ?? plan.plan}${asks}`,
  ];
}
