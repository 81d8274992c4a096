import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { KeyHistory } from "../history/key-history.ts";
import type { RepositoryReading } from "../history/repository-state.ts";
import { currentRow, newestFirst, stateAt } from "../history/state-at.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { rollbackObject } from "./stage.ts";
import type { RollbackObject } from "./stage.ts";
import { rowRef } from "./step.ts";
import type { RowRef } from "./step.ts";

/** What is rolled back, to when. */
export interface RollbackGoal extends RepositoryReading {
  readonly to: Instant;
}

/** How a key is decided on: the goal, and how far its history can be believed. */
export interface DecisionGround extends RollbackGoal {
  /** Whether a client can forge dates or replace a version in place: then what stays must be proven like what moves. */
  readonly historyForgeable: boolean;
}

/** A key of which the order of its versions does not tell what it held at T. */
export interface AmbiguousKey {
  readonly key: ObjectKey;
  readonly candidates: readonly RowRef[];
  readonly orNotYetWritten: boolean;
  /** What the plan goes by: the likeliest data version, since bringing back too much loses nothing. */
  readonly chosen: RowRef;
}

/**
 * A key that showed a version at T and shows something else now, or cannot be told, or shows a version that could have
 * been replaced by one with an old date: one of several, or any where the history can be forged. Its bytes must be
 * looked at.
 */
export interface BringBack {
  readonly kind: "bringBack";
  readonly key: ObjectKey;
  readonly object: Exclude<RollbackObject, { readonly kind: "leftOut" }>;
  /** By order and dates the version that was current at T. */
  readonly wanted: ObjectVersion;
  /** Newest first, as far as that is known. */
  readonly rows: readonly HistoryRow[];
  readonly current: HistoryRow;
  /** Null also where the candidates are all versions that the name of the object can prove. */
  readonly ambiguous: AmbiguousKey | null;
}

/** What order and dates alone say about one key. */
export type Decision =
  | { readonly kind: "leftOut" }
  | { readonly kind: "keep" }
  | { readonly kind: "hide"; readonly key: ObjectKey; readonly current: ObjectVersion }
  | BringBack;

/** Decides from the history of one key alone, without looking at any bytes; repositories below are not known yet. */
export function decideKey(history: KeyHistory, goal: DecisionGround): Decision {
  const object = rollbackObject(history.key.slice(goal.prefix.length), []);
  if (object.kind === "leftOut") return object;
  const rows = newestFirst(history.rows, goal.order);
  const current = currentRow(rows);
  if (current === null) return { kind: "keep" };
  const state = stateAt(history.rows, goal.to, goal.order);
  if (state.kind === "absent") {
    return current.kind === "version" ? { kind: "hide", key: history.key, current } : { kind: "keep" };
  }
  const common = { kind: "bringBack", key: history.key, object, rows, current } as const;
  if (state.kind === "present") {
    const isCurrent = current.kind === "version" && current.versionId === state.version.versionId;
    if (isCurrent && !mustBeProven(rows, object, goal)) return { kind: "keep" };
    return { ...common, wanted: state.version, ambiguous: null };
  }
  const wanted = state.candidates.find((row) => row.kind === "version");
  if (wanted === undefined) return { kind: "keep" };
  const { orNotYetWritten } = state;
  const candidates = state.candidates.map(rowRef);
  const isProvable = "sha256" in object && !orNotYetWritten && state.candidates.every((row) => row.kind === "version");
  const ambiguous = isProvable ? null : { key: history.key, candidates, orNotYetWritten, chosen: rowRef(wanted) };
  return { ...common, wanted, ambiguous };
}

/** A multipart upload carries the date of its beginning, so an overwrite can look older than T; only bytes tell. */
function mustBeProven(rows: readonly HistoryRow[], object: RollbackObject, goal: DecisionGround): boolean {
  const isProvable = "sha256" in object || object.kind === "config";
  return isProvable && (goal.historyForgeable || rows.filter((row) => row.kind === "version").length > 1);
}
