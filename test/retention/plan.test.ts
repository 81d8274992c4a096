import { describe, expect, it } from "vitest";
import { parseInstant, type Instant } from "../../src/base/instant.ts";
import type { Snapshot } from "../../src/restic/snapshot.ts";
import { planRetention } from "../../src/retention/plan.ts";

const now = at("2026-11-20T12:00:00Z");

function at(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new RangeError(text);
  return instant;
}

function snapshot(timeText: string, fields: Partial<Snapshot> = {}): Snapshot {
  const common = { host: "nas", username: "root", paths: ["/home"], tags: [], original: null };
  return { ...common, id: timeText, time: at(timeText), timeText, ...fields };
}

const days = ["2026-11-18T03:00:00Z", "2026-11-19T03:00:00Z", "2026-11-20T03:00:00Z"].map((time) => snapshot(time));
const byHost = { "group-by": "host" } as const;

describe("planRetention()", () => {
  it("decides on every snapshot and says why, and is held by nothing where each group keeps one", () => {
    const { decisions, held } = planRetention(days, { ...byHost, "keep-last": 1 }, now);
    expect(held).toEqual([]);
    expect(decisions.map(({ snapshot: { id }, keep }) => [id, keep])).toEqual([
      ["2026-11-20T03:00:00Z", true],
      ["2026-11-19T03:00:00Z", false],
      ["2026-11-18T03:00:00Z", false],
    ]);
    for (const { reasons } of decisions) expect(reasons.length).toBeGreaterThan(0);
  });

  it("is held by an empty list, and nothing releases that", () => {
    const { decisions, held } = planRetention([], { ...byHost, "keep-last": 1 }, now);
    expect(decisions).toEqual([]);
    expect(held).toEqual([{ rail: "empty-list", figure: "there is no snapshot to keep", release: null }]);
  });

  it("is held where a group would be emptied, naming it and what to type", () => {
    const typo = { ...byHost, "keep-tag": ["dialy"] };
    expect(planRetention(days, typo, now).held).toEqual([
      { rail: "group-emptied", figure: "no snapshot would be left of host nas", release: "--release group-emptied" },
    ]);
  });

  it("is held for one emptied group among others that keep some", () => {
    const tagged = days.map((each) => ({ ...each, tags: ["keep"] }));
    const other = snapshot("2020-01-01T00:00:00Z", { host: "laptop" });
    const { held } = planRetention([...tagged, other], { ...byHost, "keep-tag": ["keep"] }, now);
    expect(held.map(({ figure }) => figure)).toEqual(["no snapshot would be left of host laptop"]);
  });

  it("counts the emptied groups behind the one that it names", () => {
    const hosts = ["a", "b", "c"].map((host) => snapshot("2020-01-01T00:00:00Z", { host, id: host }));
    const { held } = planRetention(hosts, { ...byHost, "keep-tag": ["keep"] }, now);
    expect(held.map(({ figure }) => figure)).toEqual(["no snapshot would be left of host a and 2 more"]);
  });

  it("is not held where rules say nothing: they keep everything", () => {
    const { decisions, held } = planRetention(days, byHost, now);
    expect(held).toEqual([]);
    expect(decisions.every(({ keep }) => keep)).toBe(true);
  });
});
