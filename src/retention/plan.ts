import type { Snapshot } from "../restic/snapshot.ts";
import { decide, groupsOf, type Decision, type RetentionRules } from "./rules.ts";
import type { Instant } from "../base/instant.ts";

/** A guard rail that holds: why nothing is forgotten. */
export interface HeldRail {
  readonly rail: RailName;
  /** What was measured, in words. */
  readonly figure: string;
  /** What to type to let it go this once; null where nothing may. */
  readonly release: string | null;
}

export const railNames = ["empty-list", "group-emptied", "check-failed"] as const;
export type RailName = (typeof railNames)[number];

/** What a prune will do, before it does it. */
export interface RetentionPlan {
  /** Group by group, newest first. */
  readonly decisions: readonly Decision[];
  readonly held: readonly HeldRail[];
}

/** Decides by the rules and holds the plan against the rails that can be judged by the list alone. Pure. */
export function planRetention(snapshots: readonly Snapshot[], rules: RetentionRules, now: Instant): RetentionPlan {
  const decisions = decide(snapshots, rules, now);
  return { decisions, held: [...emptyList(snapshots), ...emptiedGroups(snapshots, rules, decisions)] };
}

function emptyList(snapshots: readonly Snapshot[]): readonly HeldRail[] {
  if (snapshots.length > 0) return [];
  return [{ rail: "empty-list", figure: "there is no snapshot to keep", release: null }];
}

function emptiedGroups(
  snapshots: readonly Snapshot[],
  rules: RetentionRules,
  decisions: readonly Decision[],
): readonly HeldRail[] {
  const kept = new Set(decisions.filter(({ keep }) => keep).map(({ snapshot }) => snapshot.id));
  const emptied = groupsOf(snapshots, rules["group-by"]).filter(
    (group) => !group.snapshots.some(({ id }) => kept.has(id)),
  );
  const [first] = emptied;
  if (first === undefined) return [];
  const more = emptied.length > 1 ? ` and ${emptied.length - 1} more` : "";
  return [
    {
      rail: "group-emptied",
      figure: `no snapshot would be left of ${first.key}${more}`,
      release: "--release group-emptied",
    },
  ];
}
