import type { VersionIdTime } from "../base/version-id-time.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { currentRow, newestFirst } from "../history/state-at.ts";
import type { ListingOrder } from "../history/state-at.ts";
import type { DeleteMarker, HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { samenessOfCopy } from "./prove.ts";
import type { HashVersion, Sameness } from "./prove.ts";
import { exposedVersion, isRow } from "./step.ts";
import type { CopyVersionStep, LiftMarkerStep, RollbackStep, RowRef } from "./step.ts";

/** Where a step stands, by a fresh listing of its key. */
export type Standing =
  | {
      readonly kind: "hide";
      readonly step: RollbackStep;
      /** The version of the key with the id `null`: its bytes must get an id of their own first. */
      readonly preserve: ObjectVersion | null;
    }
  | { readonly kind: "lift"; readonly step: RollbackStep; readonly markers: readonly DeleteMarker[] }
  | {
      readonly kind: "copy";
      readonly step: RollbackStep;
      readonly version: ObjectVersion;
      readonly preserve: ObjectVersion | null;
    }
  /** The key shows what the step wants it to show. */
  | { readonly kind: "done"; readonly step: RollbackStep }
  /** The key is neither as the plan found it nor as the plan wants it. */
  | { readonly kind: "changed"; readonly step: RollbackStep; readonly now: string };

/** How to look: the order of the listing the plan was made from, and a way to read bytes. */
interface Look {
  readonly order: ListingOrder;
  readonly idTime?: VersionIdTime | undefined;
  readonly hash: HashVersion;
  /** Whether an earlier run may have written for a step. */
  readonly wasIntended: (n: number) => boolean;
}

/**
 * Compares a step with the key as it stands now. Bytes are read only where a version that the plan does not know is
 * current: the copy of an earlier run, which has the bytes of `to` (or of a version with the id `null`, see
 * `exposedVersion`), or somebody's write.
 */
export async function standingOf(step: RollbackStep, history: KeyHistory | null, look: Look): Promise<Standing> {
  const rows = newestFirst(history?.rows ?? [], look.order, look.idTime);
  const current = currentRow(rows);
  if (step.action === "hide") {
    if (current?.kind !== "version") return { kind: "done", step };
    if (isRow(step.from, current)) return { kind: "hide", step, preserve: exposedRow(step, rows) };
    if (await isPreserved(step, rows, look)) return { kind: "hide", step, preserve: null };
    return { kind: "changed", step, now: shown(current) };
  }
  const to = rows.find((row) => isRow(step.to, row));
  if (to?.kind !== "version") return { kind: "changed", step, now: "the version to bring back is gone" };
  if (current === to) return { kind: "done", step };
  const todo = step.action === "liftMarker" ? lifting(step, rows, to) : copying(step, rows, to);
  if (todo !== null) return todo;
  const compared = current?.kind === "version" ? await samenessOfCopy(current, to, copyOf(step, look)) : null;
  if (compared?.kind === "same") return { kind: "done", step };
  if (await isPreserved(step, rows, look)) return { kind: "copy", step, version: to, preserve: null };
  return { kind: "changed", step, now: shown(current, compared) };
}

/**
 * Whether the key stands exactly as the plan found it, so that `standingByPlan` tells what is to be done. False also for
 * a version of a storage class of its own, which a copy must be told of and the plan does not know.
 */
export function isAsPlanned(step: RollbackStep, rows: readonly HistoryRow[]): boolean {
  const current = currentRow(rows);
  if (current === null || !isRow(step.from, current)) return false;
  if (step.action === "hide") return true;
  const place = rows.findIndex((row) => isRow(step.to, row));
  const to = rows[place];
  if (to?.kind !== "version") return false;
  const above = rows.slice(0, place);
  if (step.action === "copyVersion") return isOfUsualClass(to);
  const areKnown = above.every((row) => row.kind === "marker" && step.markers.includes(row.versionId));
  return areKnown && above.length === step.markers.length && isOfUsualClass(to);
}

function isOfUsualClass({ storageClass }: ObjectVersion): boolean {
  return storageClass === null || storageClass === "STANDARD";
}

/** Where a step stands whose key has just been seen to be as the plan found it, see `isAsPlanned`. */
export function standingByPlan(step: RollbackStep): Standing {
  const exposed = exposedVersion(step);
  const preserve = exposed === null ? null : versionOf(step, exposed);
  if (step.action === "hide") return { kind: "hide", step, preserve };
  if (step.action === "copyVersion") return { kind: "copy", step, version: versionOf(step, step.to), preserve };
  const { key } = step;
  const common = { kind: "marker", key, isLatest: false, owner: null, lastModified: step.from.lastModified } as const;
  return { kind: "lift", step, markers: step.markers.map((versionId) => ({ ...common, versionId })) };
}

/** A version that a key's step names, with what a copy needs. */
function versionOf({ key }: RollbackStep, { versionId, lastModified, size, etag }: RowRef): ObjectVersion {
  const row = { key, versionId, lastModified, size: size ?? 0, etag: etag ?? "" };
  return { kind: "version", ...row, isLatest: false, owner: null, storageClass: null, checksums: null };
}

/** What a key that may not lift markers does instead: the version below them is copied on top of them. */
export function withoutLifting(standing: Standing, rows: readonly HistoryRow[] | null): Standing {
  const { step } = standing;
  if (standing.kind !== "lift" || step.action !== "liftMarker") return standing;
  const seen = (ref: RowRef): ObjectVersion => {
    const row = rows?.find((each) => isRow(ref, each));
    return row?.kind === "version" ? row : versionOf(step, ref);
  };
  const exposed = exposedVersion(step);
  const preserve = exposed === null ? null : seen(exposed);
  return { kind: "copy", step, version: seen(step.to), preserve };
}

/** An earlier run gave the bytes of the version with the id `null` an id of their own, and went no further. */
async function isPreserved(step: RollbackStep, rows: readonly HistoryRow[], look: Look): Promise<boolean> {
  const exposed = exposedRow(step, rows);
  const current = currentRow(rows);
  if (exposed === null || current?.kind !== "version") return false;
  return (await samenessOfCopy(current, exposed, copyOf(step, look))).kind === "same";
}

function copyOf({ n }: RollbackStep, { wasIntended, hash }: Look): Parameters<typeof samenessOfCopy>[2] {
  return { wasAskedFor: wasIntended(n), hash };
}

function exposedRow(step: RollbackStep, rows: readonly HistoryRow[]): ObjectVersion | null {
  const exposed = exposedVersion(step);
  const row = exposed === null ? undefined : rows.find((each) => isRow(exposed, each));
  return row?.kind === "version" ? row : null;
}

function lifting(step: LiftMarkerStep, rows: readonly HistoryRow[], to: ObjectVersion): Standing | null {
  const markers: DeleteMarker[] = [];
  for (const row of rows.slice(0, rows.indexOf(to))) {
    if (row.kind !== "marker" || !step.markers.includes(row.versionId)) return null;
    markers.push(row);
  }
  return { kind: "lift", step, markers };
}

function copying(step: CopyVersionStep, rows: readonly HistoryRow[], version: ObjectVersion): Standing | null {
  const current = currentRow(rows);
  if (current === null || !isRow(step.from, current)) return null;
  return { kind: "copy", step, version, preserve: exposedRow(step, rows) };
}

function shown(current: HistoryRow | null, compared: Sameness | null = null): string {
  if (current === null) return "nothing is current";
  const why = compared?.kind === "unreadable" ? `, and ${compared.problem}` : "";
  return `${current.kind} ${current.versionId} is current${why}`;
}
