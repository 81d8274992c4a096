import type { TimedSnapshot } from "../clocks.ts";
import {
  fewest,
  isFirstRun,
  listed,
  newOnes,
  nothingBefore,
  quantile,
  usualOnes,
  type Rail,
  type RailFacts,
  type RailSubject,
} from "./rail.ts";

const collapseReason = "a backup of next to nothing follows on files that were deleted, and pushes whole ones out";
const explosionReason = "encrypted or planted files make a backup grow, and it pushes good ones out";

export const sizeCollapsed = sizeRail("size-collapsed", collapseReason, { of: "bytes", side: "below" });
export const sizeExploded = sizeRail("size-exploded", explosionReason, { of: "bytes", side: "above" });
export const filesCollapsed = sizeRail("files-collapsed", collapseReason, { of: "files", side: "below" });
export const filesExploded = sizeRail("files-exploded", explosionReason, { of: "files", side: "above" });

interface Measure {
  readonly of: "bytes" | "files";
  readonly side: "below" | "above";
}

/** Holds new snapshots against the median of the known ones of their group, where restic wrote their figures (0.17). */
function sizeRail(name: string, reason: string, measure: Measure): Rail {
  return {
    name,
    reason,
    release: "flag",
    isLasting: false,
    judge: (facts) => {
      if (isFirstRun(facts)) return { kind: "unjudged", why: nothingBefore };
      const fresh = newOnes(facts.look.snapshots, facts);
      if (fresh.length > 0 && fresh.every(({ summary }) => summary === undefined)) {
        return { kind: "unjudged", why: "the new snapshots have no figures: restic writes them from 0.17 on" };
      }
      const subjects = facts.groups.flatMap(({ snapshots }) => oddOnes(snapshots, measure, facts));
      return { kind: "judged", subjects, figure: listed };
    },
  };
}

function oddOnes(snapshots: readonly TimedSnapshot[], { of, side }: Measure, facts: RailFacts): readonly RailSubject[] {
  const known = usualOnes(snapshots, facts).flatMap(({ summary }) => (summary === undefined ? [] : [summary[of]]));
  const usual = known.length < fewest ? null : quantile(known, 0.5);
  if (usual === null) return [];
  const factor = facts.limits.sizeFactor;
  return newOnes(snapshots, facts).flatMap(({ id, summary }): readonly RailSubject[] => {
    if (summary === undefined) return [];
    const isOdd = side === "below" ? summary[of] < usual / factor : summary[of] > usual * factor;
    if (!isOdd) return [];
    return [{ subject: id, evidence: `${id.slice(0, 8)} holds ${summary[of]} ${of}, usual are ${usual}` }];
  });
}
