import type { ObjectKey } from "../base/object-key.ts";
import { rowName } from "../history/key-history.ts";
import type { HistoryPages } from "../history/key-history.ts";
import { currentRow, newestFirst } from "../history/state-at.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { inParallel } from "./in-parallel.ts";
import { joinedKeys } from "./key-join.ts";
import type { JoinedKey } from "./key-join.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { samenessOfCopy } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { rollbackObject } from "./stage.ts";
import { isAsPlanned } from "./standing.ts";
import { exposedVersion, isRow, rowRef } from "./step.ts";
import type { RollbackStep } from "./step.ts";

/** A key that is not as the plan found it, by no doing of the plan. */
export interface KeyChange {
  readonly key: ObjectKey;
  /** What it is now, in a few words. */
  readonly problem: string;
}

/** Changed keys: all counted, the first of them named. */
export class KeyChanges {
  readonly #named = new Map<ObjectKey, string>();
  #count = 0;

  add({ key, problem }: KeyChange): void {
    if (this.#named.has(key)) return;
    this.#count++;
    if (this.#named.size < mostNamed) this.#named.set(key, problem);
  }

  has(key: ObjectKey): boolean {
    return this.#named.has(key);
  }

  get count(): number {
    return this.#count;
  }

  get named(): readonly KeyChange[] {
    return [...this.#named].map(([key, problem]) => ({ key, problem }));
  }
}

/** A thief who writes for days must not fill the memory of whoever stops him. */
const mostNamed = 10_000;

interface Comparison {
  readonly plan: RollbackPlan;
  /** The rows of the evidence, as they were listed. */
  readonly evidence: HistoryPages;
  /** A listing of all that stands under the prefix now. */
  readonly now: HistoryPages;
  readonly hash: HashVersion;
  /** Whether an earlier run may have written for a step. */
  readonly wasIntended: (n: number) => boolean;
  readonly connections: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a look at the whole bucket has shown. */
interface FreshLook {
  readonly changes: KeyChanges;
  /** Whether every step found its key exactly as the plan did, so that none need be looked at again right away. */
  readonly isUntouched: boolean;
}

/**
 * What was written under the prefix since the plan, by anybody but an earlier run of it: a backup that ended, a thief at
 * work. What such a write rests on may be what the plan is about to hide. Rows that a lifecycle rule took from below are
 * no change unless the plan was to bring them back. Bytes are read only of versions that may be the plan's own copies.
 */
export async function changesSince(comparison: Comparison): Promise<FreshLook> {
  const { plan, hash, wasIntended, connections, signal } = comparison;
  const { prefix, leftOut, order, idTime } = plan.header;
  const changes = new KeyChanges();
  let isUntouched = true;
  const sides = { then: comparison.evidence, now: comparison.now, plan };
  for await (const batch of joinedKeys(sides)) {
    signal?.throwIfAborted();
    const doubts: Doubt[] = [];
    for (const joined of batch) {
      const { key, step } = joined;
      if (rollbackObject(key.slice(prefix.length), leftOut).kind === "leftOut") continue;
      const rows = { then: newestFirst(joined.then, order, idTime), now: newestFirst(joined.now, order, idTime) };
      if (step !== null && isUntouched) isUntouched = isAsPlanned(step, rows.now);
      const verdict = isSameHistory(joined) ? null : compare(rows, step);
      if (typeof verdict === "string") changes.add({ key, problem: verdict });
      else if (verdict !== null) doubts.push({ key, ...verdict, wasAskedFor: step !== null && wasIntended(step.n) });
    }
    await inParallel(doubts, { limit: connections, signal }, async (doubt) => {
      const problem = await whyChanged(doubt, hash);
      if (problem !== null) changes.add({ key: doubt.key, problem });
    });
  }
  signal?.throwIfAborted();
  return { changes, isUntouched: isUntouched && changes.count === 0 };
}

/** The usual case, told without building anything. */
function isSameHistory({ then, now }: JoinedKey): boolean {
  if (then.length !== now.length) return false;
  for (const [index, row] of now.entries()) {
    const before = then[index];
    if (before === undefined || before.isLatest !== row.isLatest || before.lastModified !== row.lastModified)
      return false;
    if (!isRow(rowRef(before), row)) return false;
  }
  return true;
}

/** New versions that the plan may have made itself: then they have the bytes of one of `own`. */
interface Doubt {
  readonly key: ObjectKey;
  readonly fresh: readonly ObjectVersion[];
  readonly own: readonly ObjectVersion[];
  /** Whether the journal says that the plan may have written them. */
  readonly wasAskedFor: boolean;
}

interface Rows {
  readonly then: readonly HistoryRow[];
  readonly now: readonly HistoryRow[];
}

/** Null where nothing changed but by the plan, and a text where something did. */
function compare({ then, now }: Rows, step: RollbackStep | null): string | Omit<Doubt, "key" | "wasAskedFor"> | null {
  const known = new Map(then.map((row) => [rowName(row), rowRef(row)]));
  const isFresh = (row: HistoryRow): boolean => {
    const ref = known.get(rowName(row));
    return ref === undefined || !isRow(ref, row);
  };
  const fresh = now.filter(isFresh);
  const isOwnMarker = step?.action === "hide";
  const foreign = fresh.find((row) => row.kind === "marker" && !isOwnMarker);
  if (foreign !== undefined) return `marker ${foreign.versionId} is new`;
  const to = step?.to ?? null;
  const exposed = step === null ? null : exposedVersion(step);
  const own = now.filter((row): row is ObjectVersion => {
    if (step === null || row.kind !== "version" || isFresh(row)) return false;
    // A key without the right to lift markers copies instead.
    return [step.to, exposed].some((ref) => ref !== null && isRow(ref, row));
  });
  if (to !== null && !now.some((row) => isRow(to, row))) return "the version to bring back is gone";
  const versions = fresh.filter((row) => row.kind === "version");
  const [stranger] = own.length === 0 ? versions : [];
  if (stranger !== undefined) return `version ${stranger.versionId} is new`;
  if (versions.length > 0) return { fresh: versions, own };
  return isShownAsPlanned({ then, now }, step) ? null : shownNow(now);
}

/** For a key without new versions: shows what it showed, or what the plan wants. */
function isShownAsPlanned({ then, now }: Rows, step: RollbackStep | null): boolean {
  const shown = visible(now);
  if (shown?.versionId === visible(then)?.versionId) return true;
  if (step === null) return false;
  return step.to === null ? shown === null : shown !== null && isRow(step.to, shown);
}

function visible(rows: readonly HistoryRow[]): ObjectVersion | null {
  const current = currentRow(rows);
  return current?.kind === "version" ? current : null;
}

function shownNow(now: readonly HistoryRow[]): string {
  const shown = visible(now);
  return shown === null ? "it shows nothing any more" : `version ${shown.versionId} is current`;
}

/** Null where each new version has the bytes of one of `own`. */
async function whyChanged({ fresh, own, wasAskedFor }: Doubt, hash: HashVersion): Promise<string | null> {
  for (const version of fresh) {
    const unlike = await whyNotOwn(version, own, { wasAskedFor, hash });
    if (unlike !== null) return `version ${version.versionId} is new${unlike}`;
  }
  return null;
}

/** Null for a version that has the bytes of one of `own`. */
async function whyNotOwn(
  version: ObjectVersion,
  own: readonly ObjectVersion[],
  means: { readonly wasAskedFor: boolean; readonly hash: HashVersion },
): Promise<string | null> {
  let problem = "";
  for (const candidate of own) {
    const compared = await samenessOfCopy(version, candidate, means);
    if (compared.kind === "same") return null;
    if (compared.kind === "unreadable") problem = `, and ${compared.problem}`;
  }
  return problem;
}
