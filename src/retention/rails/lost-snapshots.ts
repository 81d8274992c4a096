import type { Rail, RailFacts, RailSubject } from "./rail.ts";
import { listed } from "./rail.ts";

export const emptyList: Rail = {
  name: "empty-list",
  reason: "a prune of a repository without snapshots removes all of its data",
  release: "nothing",
  isLasting: false,
  judge: ({ look }) => {
    const subjects = look.snapshots.length > 0 ? [] : [{ subject: "", evidence: "there is no snapshot to keep" }];
    return { kind: "judged", subjects, figure: listed };
  },
};

export const groupEmptied: Rail = {
  name: "group-emptied",
  reason: "a mistyped rule or a changed one can forget all backups of a host",
  release: "flag",
  isLasting: false,
  judge: ({ groups, decisions }) => {
    const kept = keptOnes(decisions);
    const subjects = groups
      .filter(({ snapshots }) => !snapshots.some(({ id }) => kept.has(id)))
      .map(({ key }) => ({ subject: key, evidence: `no snapshot would be left of ${key}` }));
    return { kind: "judged", subjects, figure: listed };
  },
};

export const newestLost: Rail = {
  name: "newest-lost",
  reason: "the newest backup is the one that a restore wants, and no usual rule forgets it",
  release: "flag",
  isLasting: false,
  judge: ({ groups, decisions }) => {
    const kept = keptOnes(decisions);
    const subjects = groups.flatMap(({ key, snapshots }): readonly RailSubject[] => {
      const newest = snapshots.toSorted((a, b) => b.storedAt - a.storedAt)[0];
      const isEmptied = !snapshots.some(({ id }) => kept.has(id));
      if (newest === undefined || isEmptied || kept.has(newest.id)) return [];
      return [{ subject: newest.id, evidence: `${newest.id.slice(0, 8)}, the newest of ${key}, would be forgotten` }];
    });
    return { kind: "judged", subjects, figure: listed };
  },
};

export const snapshotsMissing: Rail = {
  name: "snapshots-missing",
  reason: "snapshots that somebody else removed, or that a listing left out, are no basis for removing their data",
  release: "flag",
  isLasting: true,
  judge: ({ look, record }) => {
    const standing = new Set(look.snapshots.map(({ id }) => id));
    const replaced = new Set(look.snapshots.map(({ original }) => original));
    const ours = new Set(record?.intent?.ids ?? []);
    const subjects = Object.entries(record?.snapshots ?? {})
      .filter(([id, { accepted, goneAt }]) => accepted && goneAt === null && !standing.has(id))
      .filter(([id]) => !replaced.has(id) && !ours.has(id))
      .map(([id]) => ({ subject: id, evidence: id.slice(0, 8) }));
    return {
      kind: "judged",
      subjects,
      figure: (left) => `gone, and this host did not forget them: ${listed(left)}`,
    };
  },
};

function keptOnes(decisions: RailFacts["decisions"]): ReadonlySet<string> {
  return new Set(decisions.filter(({ keep }) => keep).map(({ snapshot }) => snapshot.id));
}
