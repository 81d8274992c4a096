import { formatDuration } from "../../base/duration.ts";
import type { TimedSnapshot } from "../clocks.ts";
import type { SnapshotGroup } from "../rules.ts";
import {
  fewest,
  isFirstRun,
  listed,
  newOnes,
  usualInterval,
  usualOnes,
  type Rail,
  type RailFacts,
  type RailSubject,
} from "./rail.ts";

/** The densest part of a run of snapshots. */
interface Crowd {
  readonly count: number;
  /** From the first to the last of them, in milliseconds. */
  readonly span: number;
  /** How many more they are than the usual interval explains. */
  readonly excess: number;
}

/**
 * More new snapshots at once than the group's usual interval explains: in any span of time by the store's word, and in
 * all since the last run, whatever the store's dates say. This is what is left against who floods `keep-last`: all clocks
 * agree that his snapshots are the newest.
 */
export const burst: Rail = {
  name: "burst",
  reason: "whoever may back up can push real snapshots out of keep-last by making many",
  release: "flag",
  isLasting: false,
  judge: (facts) => {
    const crowds = facts.groups.map((group) => ({ group, found: crowdOf(group, facts) }));
    if (crowds.length > 0 && crowds.every(({ found }) => found === "unknown")) {
      return { kind: "unjudged", why: "too few snapshots are known to tell what is usual" };
    }
    const subjects = crowds.flatMap(({ group, found }): readonly RailSubject[] => {
      if (found === "unknown" || found.crowd.excess <= facts.limits.burst) return [];
      const { count, span } = found.crowd;
      const often = `usual is one every ${formatDuration(found.interval)}`;
      const newest = newOnes(group.snapshots, facts)[0]?.id ?? "";
      const evidence = `${count} snapshots of ${group.key} within ${formatDuration(span)}, ${often}`;
      return [{ subject: `${group.key} ${newest}`, evidence }];
    });
    return { kind: "judged", subjects, figure: listed };
  },
};

interface Measured {
  readonly interval: number;
  readonly crowd: Crowd;
}

function crowdOf({ snapshots }: SnapshotGroup<TimedSnapshot>, facts: RailFacts): Measured | "unknown" {
  const { tolerance } = facts.limits;
  const share = isFirstRun(facts) ? 0.75 : 0.5;
  const interval = usualInterval(usualOnes(snapshots, facts), { tolerance, share }) ?? intervalOnRecord(facts);
  if (interval === null) return "unknown";
  const fresh = newOnes(snapshots, facts);
  const crowds = [densest(fresh, interval), sinceLastRun(fresh, interval, facts)];
  return { interval, crowd: crowds.reduce((a, b) => (b.excess > a.excess ? b : a)) };
}

/**
 * How often new snapshots came to the whole repository since this host's first run, gone ones included: rules that keep
 * one or two of a group leave nothing else to go by. Null for fewer than 3.
 */
function intervalOnRecord({ record }: RailFacts): number | null {
  const known = Object.values(record?.snapshots ?? {}).filter(({ accepted }) => accepted);
  const seen = known.map(({ firstSeen }) => firstSeen).toSorted((a, b) => a - b);
  const [first] = seen;
  const since = seen.filter((each) => first !== undefined && each > first);
  const acceptedAt = record?.acceptedAt ?? null;
  if (first === undefined || acceptedAt === null || since.length < fewest) return null;
  return Math.max(1000, (acceptedAt - first) / since.length);
}

function densest(snapshots: readonly TimedSnapshot[], interval: number): Crowd {
  const times = snapshots.map(({ storedAt }) => storedAt).toSorted((a, b) => a - b);
  let start = 0;
  let crowd: Crowd = { count: times.length === 0 ? 0 : 1, span: 0, excess: 0 };
  for (const [index, time] of times.entries()) {
    const first = times[start] ?? time;
    const excess = index - start - (time - first) / interval;
    if (excess > crowd.excess) crowd = { count: index - start + 1, span: time - first, excess };
    if (excess < 0) start = index;
  }
  return crowd;
}

function sinceLastRun(fresh: readonly TimedSnapshot[], interval: number, { look, record }: RailFacts): Crowd {
  const since = record?.acceptedAt ?? null;
  if (since === null) return { count: fresh.length, span: 0, excess: 0 };
  const span = look.now - since;
  return { count: fresh.length, span, excess: fresh.length - 1 - span / interval };
}
