import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys, keyHistories } from "../history/key-history.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { currentRow, newestFirst } from "../history/state-at.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { inParallel, objectsAtOnce } from "./in-parallel.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { sameness } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { rollbackObject } from "./stage.ts";
import { isAboveNull, isRow, rowRef } from "./step.ts";
import type { RollbackStep } from "./step.ts";

/** A key that is not as the plan found it, by no doing of the plan. */
export interface KeyChange {
  readonly key: ObjectKey;
  /** What it is now, in a few words. */
  readonly problem: string;
}

interface Comparison {
  readonly plan: RollbackPlan;
  /** The rows of the evidence, as they were listed. */
  readonly evidence: Iterable<HistoryRow>;
  readonly store: ReadableStore;
  readonly hash: HashVersion;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What was written under the prefix since the plan, by anybody but an earlier run of it: a backup that ended, a thief at
 * work. What such a write rests on may be what the plan is about to hide. Rows that a lifecycle rule took from below are
 * no change unless the plan was to bring them back. Bytes are read only of versions that may be the plan's own copies.
 */
export async function changesSince({ plan, evidence, store, hash, signal }: Comparison): Promise<readonly KeyChange[]> {
  const { prefix, order, leftOut } = plan.header;
  const steps = new Map<ObjectKey, RollbackStep>();
  for await (const step of plan.stepsByKey()) steps.set(step.key, step);
  const changes: KeyChange[] = [];
  const doubts: Doubt[] = [];
  const before = keyHistories(rowsOf(evidence));
  for await (const [then, now] of pairs(before, keyHistories(store.listVersions(prefix)))) {
    signal?.throwIfAborted();
    const key = (now ?? then)?.key;
    if (key === undefined || rollbackObject(key.slice(prefix.length), leftOut).kind === "leftOut") continue;
    const rows = { then: newestFirst(then?.rows ?? [], order), now: newestFirst(now?.rows ?? [], order) };
    const verdict = compare(rows, steps.get(key) ?? null);
    if (verdict === null) continue;
    if (typeof verdict === "string") changes.push({ key, problem: verdict });
    else doubts.push({ key, ...verdict });
  }
  await inParallel(doubts, { limit: objectsAtOnce, signal }, async ({ key, fresh, own }) => {
    for (const version of fresh) {
      const unlike = await whyNotOwn(version, own, hash);
      if (unlike === null) continue;
      changes.push({ key, problem: `version ${version.versionId} is new${unlike}` });
      return;
    }
  });
  signal?.throwIfAborted();
  return changes.sort((a, b) => compareKeys(a.key, b.key));
}

/** New versions that the plan may have made itself: then they have the bytes of one of `own`. */
interface Doubt {
  readonly key: ObjectKey;
  readonly fresh: readonly ObjectVersion[];
  readonly own: readonly ObjectVersion[];
}

interface Rows {
  readonly then: readonly HistoryRow[];
  readonly now: readonly HistoryRow[];
}

/** Null where nothing changed but by the plan, and a text where something did. */
function compare({ then, now }: Rows, step: RollbackStep | null): string | Omit<Doubt, "key"> | null {
  const known = new Map(then.map((row) => [`${row.kind} ${row.versionId}`, rowRef(row)]));
  const fresh = now.filter((row) => {
    const ref = known.get(`${row.kind} ${row.versionId}`);
    return ref === undefined || !isRow(ref, row);
  });
  const isOwnMarker = step?.action === "hide";
  const foreign = fresh.find((row) => row.kind === "marker" && !isOwnMarker);
  if (foreign !== undefined) return `marker ${foreign.versionId} is new`;
  const to = step?.to ?? null;
  const own = now.filter((row): row is ObjectVersion => {
    if (step === null || row.kind !== "version" || fresh.includes(row)) return false;
    return (step.action === "copyVersion" && isRow(step.to, row)) || (isAboveNull(step) && isRow(step.from, row));
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

/** Null for a version that has the bytes of one of `own`. */
async function whyNotOwn(
  version: ObjectVersion,
  own: readonly ObjectVersion[],
  hash: HashVersion,
): Promise<string | null> {
  let problem = "";
  for (const candidate of own) {
    const compared = await sameness(version, candidate, hash);
    if (compared.kind === "same") return null;
    if (compared.kind === "unreadable") problem = `, and ${compared.problem}`;
  }
  return problem;
}

async function* rowsOf(rows: Iterable<HistoryRow>): AsyncGenerator<readonly HistoryRow[]> {
  yield await Promise.resolve([...rows]);
}

/** Both sides of each key; null where one has it not. Both stand in the order of `compareKeys`. */
async function* pairs(
  left: AsyncGenerator<KeyHistory>,
  right: AsyncGenerator<KeyHistory>,
): AsyncGenerator<readonly [KeyHistory | null, KeyHistory | null]> {
  let [a, b] = [await next(left), await next(right)];
  while (a !== null || b !== null) {
    const order = a === null ? 1 : b === null ? -1 : compareKeys(a.key, b.key);
    yield [order <= 0 ? a : null, order >= 0 ? b : null];
    if (order <= 0) a = await next(left);
    if (order >= 0) b = await next(right);
  }
}

async function next(histories: AsyncGenerator<KeyHistory>): Promise<KeyHistory | null> {
  const result = await histories.next();
  return result.done === true ? null : result.value;
}
