import type { Finding } from "../base/finding.ts";
import { formatInstant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { isNullVersion } from "../base/version-id.ts";
import type { DeleteMarker, HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { isArchived } from "./archived.ts";
import type { AmbiguousKey, BringBack, Decision } from "./decide.ts";
import type { Proven } from "./prove-key.ts";
import type { Stage } from "./stage.ts";
import { exposedVersion, nullBelow, rowRef } from "./step.ts";
import type { Proof, UnnumberedStep } from "./step.ts";
import { wrongBytes } from "./wrong-bytes.ts";

/** A key whose state at T cannot be had any more. It is left as it is. */
export interface UnrecoverableKey {
  readonly key: ObjectKey;
  /** What of the repository it is: `data`, `index`. */
  readonly holds: Stage["holds"];
  readonly reason: string;
}

/** What becomes of one key. */
export type KeyPlan =
  | { readonly kind: "leftOut" }
  | ({ readonly kind: "keep"; /** Whether it shows an object of the state at T. */ readonly shows: boolean } & Noted)
  | ({ readonly kind: "step"; readonly step: UnnumberedStep; readonly holds: Stage["holds"] } & Noted)
  | ({ readonly kind: "unrecoverable"; readonly lost: UnrecoverableKey } & Noted);

/** What is to be said of a key besides. */
interface Noted {
  readonly ambiguous: AmbiguousKey | null;
  readonly finding: Finding | null;
}

/** How the user wants what is hidden brought back. */
export interface PlanStyle {
  /** Copies instead of lifted markers: for who may not lift them, or wants nothing of the history to go. */
  readonly keepMarkers: boolean;
}

/** A thief stacks markers for nothing; each costs an entry of a batch, and a copy is one request. */
const mostMarkers = 8;

const nothingNoted: Noted = { ambiguous: null, finding: null };
const keptShown: KeyPlan = { kind: "keep", shows: true, ...nothingNoted };
const keptHidden: KeyPlan = { kind: "keep", shows: false, ...nothingNoted };

/** The key's part of the plan where its bytes need not be looked at; see `planProven` for what is brought back. */
export function planKey(decision: Exclude<Decision, BringBack>, finding: Finding | null = null): KeyPlan {
  if (decision.kind === "leftOut") return decision;
  if (decision.kind === "keep") return decision.shows ? keptShown : keptHidden;
  const { key } = decision;
  if (decision.kind === "gone") {
    const reason = `only a delete marker of ${formatInstant(decision.hiddenAt)} is left: what stood below it was destroyed`;
    return { kind: "unrecoverable", lost: { key, holds: decision.object.kind, reason }, ambiguous: null, finding };
  }
  const { current } = decision;
  const common = { key, from: rowRef(current), to: null, markers: [], proof: "none" } as const;
  const step = { action: "hide", ...common, reason: "written after T", ...decision.nullBelow } as const;
  return { kind: "step", step: noted(step), holds: decision.object.kind, ambiguous: null, finding };
}

/** The key's part of the plan, by what its bytes have shown, or its history alone. */
export function planProven(item: BringBack, proven: Proven, { keepMarkers }: PlanStyle): KeyPlan {
  const { key, current, object } = item;
  const finding = proven.wrong.length === 0 ? null : wrongBytes(key, proven.wrong, "at-t");
  if (proven.kind === "lost") {
    const lost = { key, holds: object.kind, reason: proven.reason };
    return { kind: "unrecoverable", lost, ambiguous: item.ambiguous, finding };
  }
  const ambiguous = item.ambiguous ?? doubtfulConfig(item, proven) ?? deletedBefore(item, proven);
  const to = goalOf(item, proven);
  if (current === to) return { kind: "keep", shows: true, ambiguous, finding };
  const above = item.rows.slice(0, item.rows.indexOf(to));
  const proof = to !== proven.version && proven.newestIsRight === "as a twin" ? twinOf(proven.proof) : proven.proof;
  const common = {
    key,
    from: rowRef(current),
    to: rowRef(to),
    proof,
    ...nullBelow(item.rows, { current, to }),
  } as const;
  const isHidden = above.every(isLiftable);
  if (isHidden && (isArchived(to) || (!keepMarkers && above.length <= mostMarkers))) {
    const reason = `hidden after T; ${proven.reason}`;
    const markers = above.map((row) => row.versionId);
    const step = { action: "liftMarker", ...common, reason, markers } as const;
    return { kind: "step", step, holds: object.kind, ambiguous, finding };
  }
  const reason = `${isHidden ? hiddenCopied(above.length, keepMarkers) : "overwritten"}; ${proven.reason}`;
  const step = noted({ action: "copyVersion", ...common, reason, markers: [] });
  return { kind: "step", step, holds: object.kind, ambiguous, finding };
}

function twinOf(proof: Proof): Proof {
  return proof === "sha256" ? "twin" : proof;
}

function hiddenCopied(markers: number, keepMarkers: boolean): string {
  if (keepMarkers) return "hidden after T, copied so that the markers stay";
  return `hidden after T by ${markers} markers, a copy is cheaper`;
}

function noted(step: UnnumberedStep): UnnumberedStep {
  const exposed = exposedVersion(step);
  if (exposed === null || step.action === "liftMarker") return step;
  const which = exposed === step.from ? "that shows" : "below";
  return { ...step, reason: `${step.reason}; the version ${which} has the id null and is copied forward first` };
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
  return proven.newestIsRight !== null && newest !== undefined ? newest : proven.version;
}

/** A marker with the id null may be replaced in place by the next one, so its id names no one thing to remove. */
function isLiftable(row: HistoryRow): row is DeleteMarker {
  return row.kind === "marker" && !isNullVersion(row.versionId);
}
