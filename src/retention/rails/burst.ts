import { formatDuration } from "../../base/duration.ts";
import type { TimedSnapshot } from "../clocks.ts";
import type { SnapshotGroup } from "../rules.ts";
import {
  intervalOnRecord,
  isFirstRun,
  listed,
  newOnes,
  shorterInterval,
  unknownShare,
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
  const share = isFirstRun(facts) ? unknownShare : 0.5;
  const standing = usualInterval(usualOnes(snapshots, facts), { tolerance, share });
  const interval = shorterInterval(standing, intervalOnRecord(snapshots, facts));
  if (interval === null) return "unknown";
  const fresh = newOnes(snapshots, facts);
  const crowds = [densest(fresh, interval), sinceLastRun(fresh, interval, facts)];
  return { interval, crowd: crowds.reduce((a, b) => (b.excess > a.excess ? b : a)) };
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
