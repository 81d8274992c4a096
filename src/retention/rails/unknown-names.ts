import { isFirstRun, listed, newOnes, nothingBefore, type Rail, type RailFacts, type Verdict } from "./rail.ts";

export const unknownHost: Rail = {
  name: "unknown-host",
  reason: "a thief of the writer's key can back up under any name, and a machine that nobody set up does not back up",
  release: "flag",
  isLasting: false,
  judge: (facts) =>
    novelty(facts, {
      names: newOnes(facts.look.snapshots, facts).map(({ host }) => host),
      known: "hosts",
      word: "host",
    }),
};

export const newTag: Rail = {
  name: "new-tag",
  reason: "a tag can be what a rule keeps by, so a new one can turn what is kept",
  release: "flag",
  isLasting: false,
  judge: (facts) =>
    novelty(facts, {
      names: newOnes(facts.look.snapshots, facts).flatMap(({ tags }) => tags),
      known: "tags",
      word: "tag",
    }),
};

export const newKey: Rail = {
  name: "new-key",
  reason: "whoever adds a key can open the repository with a password of his own from then on",
  release: "flag",
  isLasting: true,
  judge: (facts) => novelty(facts, { names: facts.look.keys, known: "keys", word: "object" }),
};

interface Novelty {
  readonly names: readonly string[];
  readonly known: "hosts" | "tags" | "keys";
  readonly word: string;
}

function novelty(facts: RailFacts, { names, known, word }: Novelty): Verdict {
  if (isFirstRun(facts)) return { kind: "unjudged", why: nothingBefore };
  const before = new Set(facts.record?.[known]);
  const subjects = [...new Set(names)]
    .filter((name) => !before.has(name))
    .map((name) => ({ subject: name, evidence: shown(name, known) }));
  return { kind: "judged", subjects, figure: (left) => `new ${word}${left.length === 1 ? "" : "s"}: ${listed(left)}` };
}

function shown(name: string, known: Novelty["known"]): string {
  if (known === "keys") return `keys/${name.slice(0, 8)}`;
  return /^[\p{L}\p{N}_.@+-]+$/u.test(name) ? name : JSON.stringify(name);
}
