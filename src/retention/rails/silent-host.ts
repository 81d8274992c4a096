import { formatDuration } from "../../base/duration.ts";
import type { TimedSnapshot } from "../clocks.ts";
import {
  intervalOnRecord,
  listed,
  shorterInterval,
  usualInterval,
  type Rail,
  type RailFacts,
  type RailSubject,
} from "./rail.ts";

/** How many usual intervals of silence pass, and the least that does: laptops sleep over a weekend. */
const intervals = 3;
const atLeast = 3 * 86_400_000;

/** A host of which nothing came for three times as long as usual. Settled, it stays so until that host speaks again. */
export const silentHost: Rail = {
  name: "silent-host",
  reason: "where backups have stopped, the old ones are all there is, and an intruder stops them first",
  release: "flag",
  isLasting: false,
  judge: (facts) => {
    const { look } = facts;
    const hosts = Map.groupBy(look.snapshots, ({ host }) => host);
    const subjects = [...hosts].flatMap(([host, snapshots]): readonly RailSubject[] => {
      const interval = intervalOf(snapshots, facts);
      const newest = snapshots.toSorted((a, b) => b.storedAt - a.storedAt)[0];
      if (interval === null || newest === undefined) return [];
      const silence = look.now - newest.storedAt;
      if (silence <= Math.max(atLeast, intervals * interval)) return [];
      const usual = `usual is a backup every ${formatDuration(interval)}`;
      return [
        { subject: `${host} ${newest.id}`, evidence: `nothing from ${host} for ${formatDuration(silence)}, ${usual}` },
      ];
    });
    return { kind: "judged", subjects, figure: listed };
  },
};

function intervalOf(snapshots: readonly TimedSnapshot[], facts: RailFacts): number | null {
  const { tolerance } = facts.limits;
  return shorterInterval(usualInterval(snapshots, { tolerance }), intervalOnRecord(snapshots, facts));
}
