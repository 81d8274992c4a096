import { formatDuration } from "../../base/duration.ts";
import { listed, newOnes, nothingBefore, type Rail, type RailSubject } from "./rail.ts";

/**
 * New snapshots that the store dates before the last run that no rail held, which did not see them. Where dates can be
 * forged this is what a store's word is held against.
 */
export const lateArrival: Rail = {
  name: "late-arrival",
  reason: "a snapshot whose date in the store is forged takes the place of the real one of that day by every clock",
  release: "flag",
  isLasting: false,
  judge: (facts) => {
    const last = facts.record?.acceptedAt ?? null;
    if (last === null) return { kind: "unjudged", why: nothingBefore };
    const { tolerance } = facts.limits;
    const subjects = newOnes(facts.look.snapshots, facts).flatMap(({ id, storedAt }): readonly RailSubject[] => {
      const early = last - storedAt;
      if (early <= tolerance) return [];
      const evidence = `${id.slice(0, 8)} is dated ${formatDuration(early)} before the last run in the store, which did not see it`;
      return [{ subject: id, evidence }];
    });
    return { kind: "judged", subjects, figure: listed };
  },
};
