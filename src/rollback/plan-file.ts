import { ChainWriter } from "../base/chained-lines.ts";
import type { Line } from "../base/chained-lines.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { objectKey } from "../base/object-key.ts";
import type { LineFile } from "../base/state-folder.ts";
import { isNullVersion, versionId } from "../base/version-id.ts";
import type { EvidenceSeal } from "../history/evidence.ts";
import { chainedLines, damagedFile } from "../history/line-fields.ts";
import type { Fields, FileOfLines } from "../history/line-fields.ts";
import type { AmbiguousKey, RollbackGoal } from "./decide.ts";
import { totalsOf } from "./plan.ts";
import type { RollbackDecisions, UnrecoverableKey } from "./plan.ts";
import { inSafeOrder, rollbackObject } from "./stage.ts";
import type { RepositoryBelow } from "./repositories-below.ts";
import { actions, proofs } from "./step.ts";
import type { RollbackStep, RowRef } from "./step.ts";

/** What the plan is for, and the evidence it was made from. */
interface PlanHeader extends RollbackGoal {
  readonly repository: string;
  /** In restic's own spelling; holds no secret. */
  readonly location: string;
  readonly createdAt: Instant;
  readonly evidence: EvidenceSeal;
  /** Folders under the prefix that the plan does not touch. */
  readonly leftOut: readonly RepositoryBelow[];
}

/** A plan as it stands in its file, read whole and undamaged. What was not read so cannot be applied. */
export interface RollbackPlan extends RollbackDecisions {
  readonly header: PlanHeader;
  /** The hash of the last line; whoever notes it elsewhere can tell a forged plan. */
  readonly lastHash: string;
}

/** Writes a plan and returns the hash of its last line. Durable on return; the file is left closed. */
export async function writePlan(file: LineFile, header: PlanHeader, decisions: RollbackDecisions): Promise<string> {
  const chain = new ChainWriter();
  for (const line of planLines(header, decisions)) await file.write(chain.line(line));
  await file.flush();
  await file.close();
  return chain.last;
}

function* planLines(
  header: PlanHeader,
  { steps, ambiguous, unrecoverable, totals }: RollbackDecisions,
): Generator<Line> {
  const { to, createdAt, leftOut, ...rest } = header;
  const dates = { to: formatInstant(to), createdAt: formatInstant(createdAt) };
  yield { type: "plan", version: 1, ...rest, ...dates, ...(leftOut.length === 0 ? {} : { leftOut }) };
  for (const step of steps) yield stepLine(step);
  for (const { chosen, candidates, ...key } of ambiguous) {
    yield { type: "ambiguous", ...key, chosen: rowLine(chosen), candidates: candidates.map(rowLine) };
  }
  for (const lost of unrecoverable) yield { type: "unrecoverable", ...lost };
  yield { type: "totals", ...totals };
}

function stepLine({ n, key, action, from, to, markers, reason, proof }: RollbackStep): Line {
  const rows = { from: rowLine(from), to: to === null ? null : rowLine(to) };
  return { type: "step", n, key, action, ...rows, markers, reason, proof };
}

function rowLine(row: RowRef): Line {
  return { ...row, lastModified: formatInstant(row.lastModified) };
}

/**
 * Reads what `writePlan` wrote. Fails with `damaged-file`, naming the line, where the chain breaks, the end is missing,
 * a field is not what it must be, the steps are out of their safe order or touch what no plan may, or the totals do not
 * match the lines.
 */
export function parsePlan(text: string, path: string): RollbackPlan {
  const file = { what: "plan", path };
  const { lines, last } = chainedLines(text, file);
  const [first, ...rest] = lines;
  const totals = rest.pop();
  if (first === undefined || totals === undefined) throw damagedFile(file, "it has no header or no end");
  const header = headerOf(first);
  const steps: RollbackStep[] = [];
  const ambiguous: AmbiguousKey[] = [];
  const unrecoverable: UnrecoverableKey[] = [];
  for (const line of rest) {
    const type = line.oneOf("type", ["step", "ambiguous", "unrecoverable"]);
    if (type === "step") steps.push(stepOf(line, header));
    else if (type === "ambiguous") ambiguous.push(ambiguousOf(line));
    else unrecoverable.push({ key: objectKey(line.text("key")), reason: line.text("reason") });
  }
  requireSafeOrder(steps, header.prefix, file);
  const counted = { steps, ambiguous, unrecoverable };
  return { header, ...counted, totals: checkedTotals(totals, counted, header.prefix), lastHash: last };
}

function headerOf(line: Fields): PlanHeader {
  line.oneOf("type", ["plan"]);
  if (line.count("version") !== 1) throw line.wrong("it was written by a newer Holdfast");
  const evidence = line.within("evidence");
  return {
    repository: line.text("repository"),
    location: line.text("location"),
    prefix: line.textOrEmpty("prefix"),
    order: line.oneOf("order", ["interleaved", "split"]),
    to: line.instant("to"),
    createdAt: line.instant("createdAt"),
    evidence: { name: evidence.text("name"), path: evidence.text("path"), sha256: evidence.text("sha256") },
    leftOut: line.listIfAny("leftOut").map((below) => ({ folder: below.text("folder"), keys: below.count("keys") })),
  };
}

function stepOf(line: Fields, { prefix, leftOut }: PlanHeader): RollbackStep {
  const action = line.oneOf("action", actions);
  const key = objectKey(line.text("key"));
  const isLeftOut = rollbackObject(key.slice(prefix.length), leftOut).kind === "leftOut";
  if (!key.startsWith(prefix) || isLeftOut) throw line.wrong(`no plan may touch "${key}"`);
  const { n, reason, proof } = { n: line.count("n"), reason: line.text("reason"), proof: line.oneOf("proof", proofs) };
  const common = { n, key, from: rowOf(line.within("from")), reason, proof };
  if (action === "hide") return { action, ...common, to: null, markers: [] };
  const to = rowOf(line.within("to"));
  if (to.kind !== "version") throw line.wrong("a marker cannot be brought back");
  if (action === "copyVersion") return { action, ...common, to, markers: [] };
  const markers = line.texts("markers").map(versionId);
  if (markers.length === 0 || markers.some(isNullVersion)) throw line.wrong("it has no markers that may be lifted");
  return { action, ...common, to, markers };
}

function ambiguousOf(line: Fields): AmbiguousKey {
  return {
    key: objectKey(line.text("key")),
    candidates: line.list("candidates").map(rowOf),
    orNotYetWritten: line.flag("orNotYetWritten"),
    chosen: rowOf(line.within("chosen")),
  };
}

function rowOf(line: Fields): RowRef {
  const kind = line.oneOf("kind", ["version", "marker"]);
  const common = { versionId: versionId(line.text("versionId")), kind, lastModified: line.instant("lastModified") };
  if (kind === "marker") return { ...common, size: null, etag: null };
  return { ...common, size: line.count("size"), etag: line.textOrEmpty("etag") };
}

function requireSafeOrder(steps: readonly RollbackStep[], prefix: string, file: FileOfLines): void {
  const ordered = inSafeOrder(steps, prefix);
  const misplaced = steps.find((step, index) => step.n !== index + 1 || ordered[index]?.key !== step.key);
  if (misplaced !== undefined) throw damagedFile(file, `step ${misplaced.n} stands out of the safe order`);
  if (new Set(steps.map((step) => step.key)).size < steps.length)
    throw damagedFile(file, "it has two steps for one key");
}

function checkedTotals(
  line: Fields,
  counted: Omit<RollbackDecisions, "totals">,
  prefix: string,
): RollbackDecisions["totals"] {
  line.oneOf("type", ["totals"]);
  const written = line.within("actions");
  const totals = totalsOf(counted, { keep: written.count("keep"), prefix });
  const { actions: byAction, ...figures } = totals;
  const areActionsRight = Object.entries(byAction).every(([action, count]) => written.count(action) === count);
  const isRest = Object.entries(figures).every(([figure, count]) => line.count(figure) === count);
  if (!areActionsRight || !isRest) throw line.wrong("its totals do not match its lines");
  return totals;
}
