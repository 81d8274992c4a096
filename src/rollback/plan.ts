import type { ObjectKey } from "../base/object-key.ts";
import { isNullVersion } from "../base/version-id.ts";
import { compareKeys } from "../history/key-history.ts";
import type { DeleteMarker, HistoryRow, ObjectVersion } from "../store/object-version.ts";
import type { AmbiguousKey, BringBack, Decision } from "./decide.ts";
import type { Proven } from "./prove.ts";
import { inSafeOrder, stages, stageIndex } from "./stage.ts";
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

/** What the plan holds, counted. `keep` counts the keys that are right already. */
export interface RollbackTotals {
  readonly actions: Readonly<Record<RollbackStep["action"] | "keep", number>>;
  /** Objects brought back whose bytes were hashed, that never had another version, or that nothing proves. */
  readonly proven: number;
  readonly sole: number;
  readonly unproven: number;
  /** Of the steps those on objects that restic did not put there; what of it is brought back counts as unproven too. */
  readonly foreign: number;
  readonly ambiguous: number;
  readonly unrecoverable: number;
  /** Requests that write, if none has to be repeated. */
  readonly requests: number;
  /** Bytes that copies move; those of a version with the id null, which is read and put, included. */
  readonly bytes: number;
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
  return { ...decided, totals: totalsOf(decided, { keep, prefix }) };
}

/** Counts a plan anew; `keep` is the one figure that its lines do not tell. */
export function totalsOf(
  plan: Omit<RollbackDecisions, "totals">,
  { keep, prefix }: { readonly keep: number; readonly prefix: string },
): RollbackTotals {
  const count = (test: (step: RollbackStep) => boolean): number => plan.steps.filter(test).length;
  const isForeign = (step: RollbackStep): boolean => stages[stageIndex(step, prefix)]?.holds === "foreign";
  const isBroughtBack = (step: RollbackStep): boolean => step.action !== "hide";
  const copies = plan.steps.filter((step) => step.action === "copyVersion");
  const preserved = plan.steps.filter(isAboveNull);
  return {
    actions: {
      liftMarker: count((step) => step.action === "liftMarker"),
      copyVersion: copies.length,
      hide: count((step) => step.action === "hide"),
      keep,
    },
    proven: count((step) => isBroughtBack(step) && step.proof === "sha256"),
    sole: count((step) => isBroughtBack(step) && step.proof === "sole"),
    unproven: count((step) => isBroughtBack(step) && step.proof === "none"),
    foreign: count(isForeign),
    ambiguous: plan.ambiguous.length,
    unrecoverable: plan.unrecoverable.length,
    requests: copies.length + preserved.length + batchesOf(plan.steps, prefix),
    bytes: copies.reduce((sum, step) => sum + (step.to.size ?? 0), 0) + preserved.reduce(sizeOfFrom, 0),
  };
}

function sizeOfFrom(sum: number, { from }: RollbackStep): number {
  return sum + (from.size ?? 0);
}

/** S3 takes 1000 entries in one DeleteObjects. */
export const batchLimit = 1000;

function batchesOf(steps: readonly RollbackStep[], prefix: string): number {
  const entries = new Map<number, number>();
  for (const step of steps) {
    if (step.action === "copyVersion") continue;
    const place = stageIndex(step, prefix);
    const more = step.action === "hide" ? 1 : step.markers.length;
    entries.set(place, (entries.get(place) ?? 0) + more);
  }
  return [...entries.values()].reduce((sum, count) => sum + Math.ceil(count / batchLimit), 0);
}
