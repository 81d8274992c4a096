import type { Line } from "../base/chained-lines.ts";
import type { Finding } from "../base/finding.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { objectKey } from "../base/object-key.ts";
import { versionIdTimes } from "../base/version-id-time.ts";
import { isNullVersion, versionId } from "../base/version-id.ts";
import type { EvidenceSeal } from "../history/evidence.ts";
import type { Fields } from "../history/line-fields.ts";
import { proveWords } from "./decide.ts";
import type { AmbiguousKey, ProveWord, RollbackGoal } from "./decide.ts";
import type { UnrecoverableKey } from "./plan.ts";
import type { RepositoryBelow } from "./repositories-below.ts";
import { rollbackObject } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { actions, proofs } from "./step.ts";
import type { RollbackStep, RowRef } from "./step.ts";

/** What the plan is for, and the evidence it was made from. */
export interface PlanHeader extends RollbackGoal {
  readonly repository: string;
  /** In restic's own spelling; holds no secret. */
  readonly location: string;
  readonly createdAt: Instant;
  readonly evidence: EvidenceSeal;
  /** Folders under the prefix that the plan does not touch. */
  readonly leftOut: readonly RepositoryBelow[];
  /** Whether the user wants every delete marker kept, for who plans again in his stead. */
  readonly keepMarkers: boolean;
  /** How much of data/ was to be hashed; null where nothing could be, and in plans that do not tell. */
  readonly prove: ProveWord | null;
  /** The last hash of the plan that this one takes back; null for a plan that goes back to an instant. */
  readonly undoes: string | null;
}

export function headerLine({ to, createdAt, leftOut, prove, undoes, ...rest }: PlanHeader): Line {
  const dates = { to: formatInstant(to), createdAt: formatInstant(createdAt) };
  const taken = undoes === null ? {} : { undoes };
  const hashed = prove === null ? {} : { prove };
  const notes = { ...hashed, ...(leftOut.length === 0 ? {} : { leftOut }), ...taken };
  return { type: "plan", version: 1, ...rest, ...dates, ...notes };
}

export function headerOf(line: Fields): PlanHeader {
  line.oneOf("type", ["plan"]);
  if (line.count("version") !== 1) throw line.wrong("it was written by a newer Holdfast");
  const evidence = line.within("evidence");
  const idTime = line.textIfAny("idTime") === null ? undefined : line.oneOf("idTime", versionIdTimes);
  return {
    repository: line.text("repository"),
    location: line.text("location"),
    prefix: line.textOrEmpty("prefix"),
    order: line.oneOf("order", ["interleaved", "split"]),
    ...(idTime === undefined ? {} : { idTime }),
    to: line.instant("to"),
    createdAt: line.instant("createdAt"),
    evidence: { name: evidence.text("name"), path: evidence.text("path"), sha256: evidence.text("sha256") },
    leftOut: line.listIfAny("leftOut").map((below) => ({ folder: below.text("folder"), keys: below.count("keys") })),
    keepMarkers: line.flagIfAny("keepMarkers"),
    prove: line.textIfAny("prove") === null ? null : line.oneOf("prove", proveWords),
    undoes: line.textIfAny("undoes"),
  };
}

export function stepLine({ n, key, action, from, to, markers, reason, proof, nullBelow }: RollbackStep): Line {
  const rows = { from: rowLine(from), to: to === null ? null : rowLine(to) };
  return {
    type: "step",
    n,
    key,
    action,
    ...rows,
    markers,
    reason,
    proof,
    ...(nullBelow === undefined ? {} : { nullBelow: rowLine(nullBelow) }),
  };
}

export function stepOf(line: Fields, { prefix, leftOut }: PlanHeader): RollbackStep {
  const action = line.oneOf("action", actions);
  const key = objectKey(line.text("key"));
  const isLeftOut = rollbackObject(key.slice(prefix.length), leftOut).kind === "leftOut";
  if (!key.startsWith(prefix) || isLeftOut) throw line.wrong(`no plan may touch "${key}"`);
  const { n, reason, proof } = { n: line.count("n"), reason: line.text("reason"), proof: line.oneOf("proof", proofs) };
  const below = line.has("nullBelow") ? { nullBelow: rowOf(line.within("nullBelow")) } : {};
  const common = { n, key, from: rowOf(line.within("from")), reason, proof, ...below };
  if (action === "hide") return { action, ...common, to: null, markers: [] };
  const to = rowOf(line.within("to"));
  if (to.kind !== "version") throw line.wrong("a marker cannot be brought back");
  if (action === "copyVersion") return { action, ...common, to, markers: [] };
  const markers = line.texts("markers").map(versionId);
  if (markers.length === 0 || markers.some(isNullVersion)) throw line.wrong("it has no markers that may be lifted");
  return { action, ...common, to, markers };
}

export function ambiguousLine({ chosen, candidates, ...key }: AmbiguousKey): Line {
  return { type: "ambiguous", ...key, chosen: rowLine(chosen), candidates: candidates.map(rowLine) };
}

export function ambiguousOf(line: Fields): AmbiguousKey {
  return {
    key: objectKey(line.text("key")),
    candidates: line.list("candidates").map(rowOf),
    orNotYetWritten: line.flag("orNotYetWritten"),
    chosen: rowOf(line.within("chosen")),
  };
}

const kinds = ["data", "index", "snapshots", "keys", "config", "foreign"] as const satisfies readonly Stage["holds"][];

export function unrecoverableLine(lost: UnrecoverableKey): Line {
  return { type: "unrecoverable", ...lost };
}

export function unrecoverableOf(line: Fields): UnrecoverableKey {
  const holds = line.oneOf("holds", kinds);
  return { key: objectKey(line.text("key")), holds, reason: line.text("reason") };
}

export function findingLine(finding: Finding): Line {
  return { type: "finding", ...finding };
}

export function findingOf(line: Fields): Finding {
  return {
    rule: line.text("rule"),
    severity: line.oneOf("severity", ["notice", "warning", "alarm"]),
    subject: line.text("subject"),
    evidence: line.text("evidence"),
    remedy: line.text("remedy"),
  };
}

function rowLine(row: RowRef): Line {
  return { ...row, lastModified: formatInstant(row.lastModified) };
}

function rowOf(line: Fields): RowRef {
  const kind = line.oneOf("kind", ["version", "marker"]);
  const common = { versionId: versionId(line.text("versionId")), kind, lastModified: line.instant("lastModified") };
  if (kind === "marker") return { ...common, size: null, etag: null };
  return { ...common, size: line.count("size"), etag: line.textOrEmpty("etag") };
}
