import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { KeyHistory } from "../history/key-history.ts";
import type { RepositoryReading } from "../history/repository-state.ts";
import { currentRow, newestFirst, stateAt } from "../history/state-at.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { rollbackObject } from "./stage.ts";
import type { RollbackObject } from "./stage.ts";
import { nullBelow, rowRef } from "./step.ts";
import type { RowRef } from "./step.ts";

/** What is rolled back, to when. */
export interface RollbackGoal extends RepositoryReading {
  readonly to: Instant;
}

/** How much of `data/` is hashed: nothing, what has or had a second data version, or all that stood at T. */
export const proveWords = ["none", "changed", "all"] as const;
export type ProveWord = (typeof proveWords)[number];

/** How a key is decided on: the goal, how far its history can be believed, and what may be looked at. */
export interface DecisionGround extends RollbackGoal {
  /** Whether a client can forge dates or ETags, or replace a version in place. */
  readonly historyForgeable: boolean;
  readonly prove: ProveWord;
  /** False where there is only evidence: then no bytes can be read at all. */
  readonly canRead: boolean;
  /** The SHA-256 of `config` that init recorded, in hex; null where there is none. */
  readonly recordedConfigHash: string | null;
}

/** A key of which the order of its versions does not tell what it held at T. */
export interface AmbiguousKey {
  readonly key: ObjectKey;
  readonly candidates: readonly RowRef[];
  readonly orNotYetWritten: boolean;
  /** What the plan goes by: the likeliest data version, since bringing back too much loses nothing. */
  readonly chosen: RowRef;
}

type OurObject = Exclude<RollbackObject, { readonly kind: "leftOut" }>;

/** A key that held a version at T and shows something else now, or cannot be told, or whose bytes are to be proven. */
export interface BringBack {
  readonly kind: "bringBack";
  readonly key: ObjectKey;
  readonly object: OurObject;
  /** By order and dates the version that was current at T. */
  readonly wanted: ObjectVersion;
  /** Newest first, as far as that is known. */
  readonly rows: readonly HistoryRow[];
  readonly current: HistoryRow;
  /** Whether order and dates leave it open which version was current at T. */
  readonly isOpen: boolean;
  /** Null also where the candidates are all versions that the name of the object can prove. */
  readonly ambiguous: AmbiguousKey | null;
}

/** A key that had nothing to show at T and shows a version now. */
export interface Hide {
  readonly kind: "hide";
  readonly key: ObjectKey;
  readonly object: OurObject;
  readonly current: ObjectVersion;
  readonly nullBelow: ReturnType<typeof nullBelow>;
}

/** A key of which only delete markers of after T are left: restic hides nothing that is not there. */
export interface Gone {
  readonly kind: "gone";
  readonly key: ObjectKey;
  readonly object: OurObject;
  /** When it was first hidden. */
  readonly hiddenAt: Instant;
}

/** What order and dates alone say about one key. */
export type Decision =
  | { readonly kind: "leftOut" }
  | Gone
  | { readonly kind: "keep"; /** Whether it shows an object, and does not stay hidden. */ readonly shows: boolean }
  | Hide
  | BringBack;

const leftOut: Decision = { kind: "leftOut" };
const keepShown: Decision = { kind: "keep", shows: true };
const keepHidden: Decision = { kind: "keep", shows: false };

/**
 * Decides from the history of one key alone, without looking at any bytes. `object` is what the key names, where the caller
 * knows it; repositories below are not known yet.
 */
export function decideKey(
  history: KeyHistory,
  ground: DecisionGround,
  object: RollbackObject = rollbackObject(history.key.slice(ground.prefix.length), []),
): Decision {
  if (object.kind === "leftOut") return leftOut;
  const { key } = history;
  const rows = newestFirst(history.rows, ground.order, ground.idTime);
  const current = currentRow(rows);
  if (current === null) return keepHidden;
  const state = stateAt(history.rows, ground.to, ground.order, ground.idTime);
  if (state.kind === "absent") {
    if (current.kind === "version") {
      return { kind: "hide", key, object, current, nullBelow: nullBelow(rows, { current, to: null }) };
    }
    const isGone = state.because === "not yet written" && object.kind !== "foreign" && isMarkersOnly(rows);
    return isGone ? { kind: "gone", key, object, hiddenAt: rows.at(-1)?.lastModified ?? ground.to } : keepHidden;
  }
  if (state.kind === "present") {
    const wanted = state.version;
    const isCurrent = current.kind === "version" && current.versionId === wanted.versionId;
    if (isCurrent && !mustBeProven(rows, object, ground)) return keepShown;
    return { kind: "bringBack", key, object, wanted, rows, current, isOpen: false, ambiguous: null };
  }
  const wanted = state.candidates.find((row) => row.kind === "version");
  if (wanted === undefined) return keepHidden;
  const { orNotYetWritten } = state;
  const isProvable = ground.canRead && "sha256" in object && !orNotYetWritten;
  const isSettled = isProvable && state.candidates.every((row) => row.kind === "version");
  const candidates = state.candidates.map(rowRef);
  const ambiguous = isSettled ? null : { key, candidates, orNotYetWritten, chosen: rowRef(wanted) };
  return { kind: "bringBack", key, object, wanted, rows, current, isOpen: true, ambiguous };
}

/** Whether a key never had another data version: the only thing but its bytes that speaks for what it holds. */
export function isSole(rows: readonly HistoryRow[]): boolean {
  let versions = 0;
  for (const row of rows) {
    if (row.kind === "version" && ++versions > 1) return false;
  }
  return versions === 1;
}

function isMarkersOnly(rows: readonly HistoryRow[]): boolean {
  return rows.every((row) => row.kind === "marker");
}

/** A multipart upload carries the date of its beginning, so an overwrite can look older than T; only bytes tell. */
function mustBeProven(rows: readonly HistoryRow[], object: OurObject, ground: DecisionGround): boolean {
  if (object.kind === "foreign") return false;
  if (object.kind === "config") return !isSole(rows) || ground.historyForgeable;
  if (!ground.canRead) return !isSole(rows);
  if (object.kind !== "data" || ground.prove === "all") return true;
  return ground.prove === "changed" && !isSole(rows);
}
