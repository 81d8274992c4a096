import { isNullVersion } from "../base/version-id.ts";
import { currentRow, newestFirst } from "../history/state-at.ts";
import type { RepositoryReading } from "../history/repository-state.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import type { JoinedKey } from "./key-join.ts";
import { sameness } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { exposedVersion, isRow, nullBelow, rowRef } from "./step.ts";
import type { RollbackStep, RowRef, UnnumberedStep } from "./step.ts";

/** What takes one step of a plan back. */
export type UndoStep =
  /** The key shows what it showed before the plan was applied. */
  | { readonly kind: "nothing" }
  | { readonly kind: "step"; readonly step: UnnumberedStep }
  /** It shows neither that nor what the plan made of it: somebody has written it since. */
  | { readonly kind: "left"; readonly problem: string };

/** A key of the plan, with its rows in the plan's evidence and now. */
export interface StepToUndo extends JoinedKey {
  readonly step: RollbackStep;
}

const common = { proof: "none", reason: "as it was before the rollback" } as const;

/**
 * Decides how a key comes back to what it showed before the plan was applied. Removes no data version: what was hidden is
 * shown again by lifting the markers that the plan's evidence does not know, what was lifted is hidden again, and what was
 * copied over is copied forward.
 */
export async function undoStep(
  { step, then, now }: StepToUndo,
  { order, idTime, hash }: Pick<RepositoryReading, "order" | "idTime"> & { readonly hash: HashVersion },
): Promise<UndoStep> {
  const rows = newestFirst(now, order, idTime);
  const current = currentRow(rows);
  if (current === null) return { kind: "left", problem: "its history is gone" };
  if (await shows(step.from, { current, rows, hash })) return { kind: "nothing" };
  if (!(await isOfPlan(step, { current, rows, hash }))) {
    return { kind: "left", problem: `${current.kind} ${current.versionId} is current` };
  }
  if (step.from.kind === "marker") {
    return {
      kind: "step",
      step: {
        ...{ action: "hide", key: step.key, ...common, from: rowRef(current), to: null, markers: [] },
        ...nullBelow(rows, { current, to: null }),
      },
    };
  }
  return step.action === "hide"
    ? await shownAgain(step, { rows, current, then, hash })
    : copiedBack(step, rows, current);
}

interface Seen {
  readonly current: HistoryRow;
  readonly rows: readonly HistoryRow[];
  readonly hash: HashVersion;
}

/** Whether the key shows what the plan made of it, be it half-way: the bytes of `exposedVersion` come up before the rest. */
async function isOfPlan(step: RollbackStep, seen: Seen): Promise<boolean> {
  if (await shows(step.to, seen)) return true;
  const exposed = exposedVersion(step);
  return exposed !== null && (await shows(exposed, seen));
}

/** Whether a read of the key answers as it did when `ref` was current; nothing at all for a marker or null. */
async function shows(ref: RowRef | null, { current, rows, hash }: Seen): Promise<boolean> {
  if (ref?.kind !== "version") return current.kind !== "version";
  return current.kind === "version" && (await hasBytesOf(ref, { version: current, rows, hash }));
}

/** By size and ETag, or by hash where the ETag is another: a copy of what was put in parts has one of its own. */
async function hasBytesOf(
  ref: RowRef,
  {
    version,
    rows,
    hash,
  }: { readonly version: ObjectVersion; readonly rows: readonly HistoryRow[]; readonly hash: HashVersion },
): Promise<boolean> {
  if (isRow(ref, version)) return true;
  if (version.size !== ref.size) return false;
  if (version.etag === ref.etag && ref.etag !== "") return true;
  const original = rows.find((row) => isRow(ref, row));
  return original?.kind === "version" && (await sameness(version, original, hash)).kind === "same";
}

/** Lifts what was put above the version that showed; copies it forward where a marker above it may not be lifted. */
async function shownAgain(
  step: RollbackStep,
  { rows, current, then, hash }: Seen & { readonly then: readonly HistoryRow[] },
): Promise<UndoStep> {
  const place = rows.findIndex((row) => row.kind === "version");
  const below = rows[place];
  const above = rows.slice(0, place);
  const known = new Set(then.map(({ versionId }) => versionId));
  const areOwn = above.every(({ versionId }) => !isNullVersion(versionId) && !known.has(versionId));
  const isBelow = below?.kind === "version" && (await hasBytesOf(step.from, { version: below, rows, hash }));
  if (!isBelow || !areOwn) return copiedBack(step, rows, current);
  const markers = above.map(({ versionId }) => versionId);
  const ends = { from: rowRef(current), to: rowRef(below), ...nullBelow(rows, { current, to: below }) };
  return { kind: "step", step: { action: "liftMarker", key: step.key, ...common, ...ends, markers } };
}

function copiedBack(step: RollbackStep, rows: readonly HistoryRow[], current: HistoryRow): UndoStep {
  const to = rows.find((row) => isRow(step.from, row)) ?? preserved(step.from, rows);
  if (to === null) return { kind: "left", problem: "the version it showed before is gone" };
  const ends = { from: rowRef(current), to: rowRef(to), ...nullBelow(rows, { current, to }) };
  return { kind: "step", step: { action: "copyVersion", key: step.key, ...common, ...ends, markers: [] } };
}

/** The bytes that had the id `null` and were given one of their own; a write while versioning was off took their place. */
function preserved({ versionId, size, etag }: RowRef, rows: readonly HistoryRow[]): ObjectVersion | null {
  if (!isNullVersion(versionId) || etag === "") return null;
  const own = rows.find((row) => row.kind === "version" && row.size === size && row.etag === etag);
  return own?.kind === "version" ? own : null;
}
