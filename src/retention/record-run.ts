import type { Instant } from "../base/instant.ts";
import type { Look } from "./look.ts";
import { isLasting, type HeldRail, type RetentionPlan } from "./plan.ts";
import { withLook, type CheckOnRecord, type OpenFinding, type RetentionRecord } from "./record.ts";

/** The record after a plan: what stands is seen, what rails found is open, and no forgetting is under way. */
export function withPlan(record: RetentionRecord, look: Look, plan: RetentionPlan): RetentionRecord {
  const seen = withLook(
    record,
    look.snapshots.map(({ id }) => id),
    look.now,
  );
  return { ...seen, findings: openFindings(record.findings, plan.held, look.now), intent: null };
}

function openFindings(before: readonly OpenFinding[], held: readonly HeldRail[], now: Instant): readonly OpenFinding[] {
  const found = held
    .filter(({ rail }) => rail !== "findings" && rail !== "hold")
    .flatMap(({ rail, findings }) => findings.map((finding) => ({ ...finding, rail, foundAt: now })));
  const again = new Set(found.map(({ id }) => id));
  const earlier = new Map(before.map((finding) => [finding.id, finding]));
  return [
    ...before.filter(({ id, rail }) => isLasting(rail) && !again.has(id)),
    ...found.map((finding) => ({ ...finding, foundAt: earlier.get(finding.id)?.foundAt ?? finding.foundAt })),
  ];
}

/**
 * The record of a run that goes on to forget `ids`: hosts, tags, keys and snapshots are known from now on, and what the
 * rails found that were let go is put on record as such.
 */
export function withAccepted(
  record: RetentionRecord,
  look: Look,
  { plan, ids }: { readonly plan: RetentionPlan; readonly ids: readonly string[] },
): RetentionRecord {
  const released = new Map(
    plan.held
      .filter(({ rail }) => rail !== "findings")
      .flatMap(({ rail, findings }) => findings.map(({ id }) => [id, rail] as const)),
  );
  const settled = record.findings.flatMap((finding) => {
    const rail = released.get(finding.id);
    if (rail === undefined) return [];
    const reason = `let through once by --release ${rail}`;
    return [{ ...finding, settledAt: look.now, reason, isForGood: false }];
  });
  const hosts = new Map(look.snapshots.map(({ id, host }) => [id, host]));
  const snapshots = Object.entries(record.snapshots).map(([id, known]) => {
    const host = hosts.get(id);
    return [id, host === undefined ? known : { ...known, accepted: true, host }] as const;
  });
  return {
    ...record,
    acceptedAt: look.now,
    ...(plan.isFirstRun && plan.held.every(({ rail }) => rail !== "burst") ? { usual: plan.usual } : {}),
    hosts: union(
      record.hosts,
      look.snapshots.map(({ host }) => host),
    ),
    tags: union(
      record.tags,
      look.snapshots.flatMap(({ tags }) => tags),
    ),
    keys: look.keys,
    snapshots: Object.fromEntries(snapshots),
    overwritten: look.overwritten.kind === "seen" ? look.overwritten.value.total : record.overwritten,
    findings: record.findings.filter(({ id }) => !released.has(id)),
    settled: [...record.settled.filter(({ id }) => !released.has(id)), ...settled],
    intent: { at: look.now, ids },
  };
}

function union(known: readonly string[], more: readonly string[]): readonly string[] {
  return [...new Set([...known, ...more])].toSorted();
}

/** The record after what was to be forgotten is gone. */
export function withForgotten(record: RetentionRecord, ids: readonly string[], now: Instant): RetentionRecord {
  const gone = new Set(ids);
  const snapshots = Object.entries(record.snapshots).map(
    ([id, known]) => [id, gone.has(id) ? { ...known, goneAt: now } : known] as const,
  );
  return { ...record, snapshots: Object.fromEntries(snapshots), intent: null };
}

/**
 * The record after a check. One that found errors stands until the same data was read without any: that some other part
 * is whole says nothing of the damaged one. A check that read no data does not make the last one younger.
 */
export function withCheck(record: RetentionRecord, check: CheckOnRecord): RetentionRecord {
  if (check.errors > 0) return { ...record, check };
  const last = record.check;
  const isAnswered =
    last === null || last.errors === 0 || [null, check.readData].includes(last.readData) || check.readData === "100%";
  if (!isAnswered) return record;
  const isNews = check.readData !== null || (last !== null && last.errors > 0);
  return isNews ? { ...record, check } : record;
}

/** What a run that never ended left of its forgetting. */
export interface Interrupted {
  readonly at: Instant;
  /** Ids that it was to forget, and that are gone. */
  readonly forgotten: readonly string[];
  /** Ids that it was to forget, and that stand: they are decided on anew. */
  readonly standing: readonly string[];
}

/** Null where every run came to its end. */
export function interruptedRun(record: RetentionRecord | null, look: Look): Interrupted | null {
  const intent = record?.intent ?? null;
  if (intent === null) return null;
  const standing = new Set(look.snapshots.map(({ id }) => id));
  return {
    at: intent.at,
    forgotten: intent.ids.filter((id) => !standing.has(id)),
    standing: intent.ids.filter((id) => standing.has(id)),
  };
}
