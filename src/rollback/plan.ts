import type { ObjectKey } from "../base/object-key.ts";
import { isNullVersion } from "../base/version-id.ts";
import { compareKeys } from "../history/key-history.ts";
import type { DeleteMarker, HistoryRow, ObjectVersion } from "../store/object-version.ts";
import type { AmbiguousKey, BringBack, Decision } from "./decide.ts";
import type { Proven } from "./prove.ts";
import { TotalsCounter } from "./plan-totals.ts";
import type { RollbackTotals } from "./plan-totals.ts";
import { inSafeOrder } from "./stage.ts";
import { isAboveNull, rowRef } from "./step.ts";
import type { RollbackStep, UnnumberedStep } from "./step.ts";

/** A key whose state at T cannot be had any more. It is left as it is. */
export interface UnrecoverableKey {
  readonly key: ObjectKey;
  readonly reason: string;
}

/** What becomes of one key. */
export type KeyPlan =
  | { readonly kind: "leftOut" }
  | { readonly kind: "keep"; readonly ambiguous: AmbiguousKey | null }
  | { readonly kind: "step"; readonly step: UnnumberedStep; readonly ambiguous: AmbiguousKey | null }
  | { readonly kind: "unrecoverable"; readonly lost: UnrecoverableKey; readonly ambiguous: AmbiguousKey | null };

/** The key's part of the plan where its bytes need not be looked at; null where they must be, see `planProven`. */
export function planKey(decision: Exclude<Decision, BringBack>): KeyPlan {
  if (decision.kind === "leftOut") return decision;
  if (decision.kind === "keep") return { kind: "keep", ambiguous: null };
  const { key, current } = decision;
  const common = { key, from: rowRef(current), to: null, markers: [], proof: "none" } as const;
  const step = { action: "hide", ...common, reason: "written after T" } as const;
  return { kind: "step", step: noted(step), ambiguous: null };
}

/** The key's part of the plan, by what its bytes have shown. */
export function planProven(item: BringBack, proven: Proven): KeyPlan {
  const { key, current } = item;
  if (proven.kind === "lost") {
    return { kind: "unrecoverable", lost: { key, reason: proven.reason }, ambiguous: item.ambiguous };
  }
  const ambiguous = item.ambiguous ?? doubtfulConfig(item, proven) ?? deletedBefore(item, proven);
  const to = goalOf(item, proven);
  if (current === to) return { kind: "keep", ambiguous };
  const above = item.rows.slice(0, item.rows.indexOf(to));
  const common = { key, from: rowRef(current), to: rowRef(to), proof: proven.proof } as const;
  if (above.every(isLiftable)) {
    const reason = `hidden after T; ${proven.reason}`;
    const markers = above.map((row) => row.versionId);
    return { kind: "step", step: { action: "liftMarker", ...common, reason, markers }, ambiguous };
  }
  const reason = `overwritten; ${proven.reason}`;
  return { kind: "step", step: noted({ action: "copyVersion", ...common, reason, markers: [] }), ambiguous };
}

function noted(step: UnnumberedStep): UnnumberedStep {
  if (!isAboveNull(step)) return step;
  return { ...step, reason: `${step.reason}; the version that shows has the id null and is copied forward first` };
}

/**
 * A config that stays, though it had other versions and no hash tells which is right, stays only with the user's word;
 * so does one that is replaced by the version that hashes as recorded, since `restic migrate` rewrites config.
 */
function doubtfulConfig(item: BringBack, proven: Extract<Proven, { readonly kind: "found" }>): AmbiguousKey | null {
  if (item.object.kind !== "config") return null;
  const isKept = item.current === proven.version && proven.proof === "none";
  const isExchanged = item.wanted !== proven.version;
  if (!isKept && !isExchanged) return null;
  const candidates = item.rows.filter((row) => row.kind === "version").map(rowRef);
  return { key: item.key, candidates, orNotYetWritten: false, chosen: rowRef(proven.version) };
}

/** Without the wrong version at T the key reads as deleted; it is brought back, since that loses nothing, and named. */
function deletedBefore({ key }: BringBack, proven: Extract<Proven, { readonly kind: "found" }>): AmbiguousKey | null {
  if (proven.markerBelow === null) return null;
  const chosen = rowRef(proven.version);
  return { key, candidates: [chosen, rowRef(proven.markerBelow)], orNotYetWritten: false, chosen };
}

/** A version with the right bytes that is nearer to the top spares a copy: it is right already, or a marker away. */
function goalOf(item: BringBack, proven: Extract<Proven, { readonly kind: "found" }>): ObjectVersion {
  const newest = item.rows.find((row) => row.kind === "version");
  return proven.isNewestRight && newest !== undefined ? newest : proven.version;
}

/** A marker with the id null may be replaced in place by the next one, so its id names no one thing to remove. */
function isLiftable(row: HistoryRow): row is DeleteMarker {
  return row.kind === "marker" && !isNullVersion(row.versionId);
}

/** The decided part of a plan: plain data, nothing in it refers to a store. */
export interface RollbackDecisions {
  readonly steps: readonly RollbackStep[];
  readonly ambiguous: readonly AmbiguousKey[];
  readonly unrecoverable: readonly UnrecoverableKey[];
  readonly totals: RollbackTotals;
}

/** Puts the parts of all keys together: in the order that is safe to stop at any line, counted. */
export function planRollback(keys: Iterable<KeyPlan>, prefix: string): RollbackDecisions {
  const steps: UnnumberedStep[] = [];
  const ambiguous: AmbiguousKey[] = [];
  const unrecoverable: UnrecoverableKey[] = [];
  let keep = 0;
  for (const plan of keys) {
    if (plan.kind === "leftOut") continue;
    if (plan.ambiguous !== null) ambiguous.push(plan.ambiguous);
    if (plan.kind === "keep") keep++;
    else if (plan.kind === "step") steps.push(plan.step);
    else unrecoverable.push(plan.lost);
  }
  const ordered = inSafeOrder(steps, prefix);
  const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => compareKeys(a.key, b.key);
  const decided = { steps: ordered, ambiguous: ambiguous.sort(byKey), unrecoverable: unrecoverable.sort(byKey) };
  const counter = new TotalsCounter(prefix);
  for (const step of ordered) counter.step(step);
  for (let n = 0; n < ambiguous.length; n++) counter.other("ambiguous");
  for (let n = 0; n < unrecoverable.length; n++) counter.other("unrecoverable");
  return { ...decided, totals: counter.totals({ keep }) };
}
