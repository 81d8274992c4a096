import { formatDuration } from "../../base/duration.ts";
import { skewOf, type TimedSnapshot } from "../clocks.ts";
import { newOnes, type Rail, type RailFacts, type RailSubject, type Verdict } from "./rail.ts";

export const futureDated: Rail = {
  name: "future-dated",
  reason: "a snapshot dated ahead takes the place of every real one under restic's own rules, for years",
  release: "flag",
  isLasting: true,
  judge: (facts) =>
    skewed(facts, {
      isOff: (skew) => skew < -facts.limits.tolerance,
      words: "claim times ahead of the store",
      side: "ahead",
    }),
};

/**
 * The client's time well before the store's, the length of the backup taken off. A snapshot that says that it replaces
 * another (`tag`, `rewrite`, `copy`) keeps that one's time, so it is held against when that one was stored.
 */
export const clockSkew: Rail = {
  name: "clock-skew",
  reason: "a snapshot dated back takes the place of the real one of that day",
  release: "flag",
  isLasting: false,
  judge: (facts) =>
    skewed(facts, {
      isOff: (skew) => skew > facts.limits.tolerance,
      words: "claim times from before they were stored",
      side: "back",
    }),
};

interface Side {
  readonly isOff: (skew: number) => boolean;
  readonly words: string;
  readonly side: string;
}

function skewed(facts: RailFacts, { isOff, words, side }: Side): Verdict {
  const subjects = newOnes(facts.look.snapshots, facts).flatMap((snapshot): readonly RailSubject[] => {
    const skew = skewOfOriginal(snapshot);
    if (!isOff(skew)) return [];
    return [{ subject: snapshot.id, evidence: `dated ${formatDuration(Math.abs(skew))} ${side}` }];
  });
  return {
    kind: "judged",
    subjects,
    figure: (left) => {
      const count = left.length === 1 ? "1 snapshot" : `${left.length} snapshots`;
      return `${count} ${left.length === 1 ? words.replace("claim ", "claims ") : words} (limit ${formatDuration(facts.limits.tolerance)})`;
    },
  };
}

function skewOfOriginal(snapshot: TimedSnapshot): number {
  return skewOf({ ...snapshot, storedAt: snapshot.originalStoredAt });
}
