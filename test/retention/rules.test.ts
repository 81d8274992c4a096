import { describe, expect, expectTypeOf, it } from "vitest";
import { parseInstant, type Instant } from "../../src/base/instant.ts";
import type { RetentionConfiguration } from "../../src/config/configuration.ts";
import { decide, groupsOf, type RetentionRules } from "../../src/retention/rules.ts";
import type { Snapshot } from "../../src/restic/snapshot.ts";

const now = at("2026-11-20T12:00:00Z");

function at(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new RangeError(text);
  return instant;
}

/** A snapshot that has its time for its id, so that a table shows at once which ones are kept. */
function snapshot(timeText: string, fields: Partial<Snapshot> = {}): Snapshot {
  const common = { host: "nas", username: "root", paths: ["/home"], tags: [], original: null };
  return { ...common, id: timeText, time: at(timeText), timeText, ...fields };
}

function kept(snapshots: readonly Snapshot[], rules: Partial<RetentionRules>): readonly string[] {
  return decide(snapshots, { "group-by": "", ...rules }, now)
    .filter((decision) => decision.keep)
    .map((decision) => decision.snapshot.id);
}

function reasons(snapshots: readonly Snapshot[], rules: Partial<RetentionRules>): readonly (readonly string[])[] {
  return decide(snapshots, { "group-by": "", ...rules }, now).map((decision) => decision.reasons);
}

interface Case {
  readonly name: string;
  readonly times: readonly string[];
  readonly rules: Partial<RetentionRules>;
  readonly expected: readonly string[];
}

function itKeeps(cases: readonly Case[]): void {
  it.each(cases)("$name", ({ times, rules, expected }) => {
    expect(
      kept(
        times.map((time) => snapshot(time)),
        rules,
      ),
    ).toEqual(expected);
  });
}

describe("RetentionRules", () => {
  it("are what the configuration gives", () => {
    expectTypeOf<RetentionConfiguration>().toExtend<RetentionRules>();
    expectTypeOf<RetentionRules>().toExtend<Pick<RetentionConfiguration, keyof RetentionRules>>();
  });
});

describe("decide() with a count", () => {
  itKeeps([
    {
      name: "keeps the newest, whatever the order it is given them in",
      times: ["2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z"],
      rules: { "keep-last": 2 },
      expected: ["2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z"],
    },
    {
      name: "keeps the newest of each day, and counts only days that have a snapshot",
      times: ["2026-01-09T23:00:00Z", "2026-01-09T01:00:00Z", "2026-01-05T05:00:00Z", "2026-01-04T05:00:00Z"],
      rules: { "keep-daily": 2 },
      expected: ["2026-01-09T23:00:00Z", "2026-01-05T05:00:00Z"],
    },
    {
      name: "keeps the oldest too while the count is not used up",
      times: ["2026-01-09T23:00:00Z", "2026-01-09T02:00:00Z", "2026-01-09T01:00:00Z"],
      rules: { "keep-daily": 2 },
      expected: ["2026-01-09T23:00:00Z", "2026-01-09T01:00:00Z"],
    },
    {
      name: "tells days by the clocks of the zone in which the snapshot was made",
      times: ["2026-01-02T01:00:00+02:00", "2026-01-01T22:00:00Z", "2026-01-01T01:00:00Z"],
      rules: { "keep-daily": 2 },
      expected: ["2026-01-02T01:00:00+02:00", "2026-01-01T22:00:00Z"],
    },
    {
      name: "joins instants of two UTC days that are one day where they were made",
      times: ["2026-01-02T01:00:00-05:00", "2026-01-02T00:30:00-06:00", "2026-01-01T12:00:00Z"],
      rules: { "keep-daily": 1 },
      expected: ["2026-01-02T00:30:00-06:00"],
    },
    {
      name: "takes ISO weeks: December 29, 2025 is in the first week of 2026, January 1, 2027 in the last of 2026",
      times: ["2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z", "2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z"],
      rules: { "keep-weekly": 4 },
      expected: ["2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z"],
    },
    {
      name: "orders by what stands past the millisecond",
      times: ["2026-01-01T00:00:00.123456788Z", "2026-01-01T00:00:00.123456789Z"],
      rules: { "keep-last": 1 },
      expected: ["2026-01-01T00:00:00.123456789Z"],
    },
  ]);

  it("does not keep the oldest once the count is used up", () => {
    const times = ["2026-01-03T00:00:00Z", "2026-01-02T02:00:00Z", "2026-01-02T01:00:00Z"];
    const [, , oldest] = decide(
      times.map((time) => snapshot(time)),
      { "keep-daily": 2, "group-by": "" },
      now,
    );
    expect(oldest).toMatchObject({ keep: false, reasons: ["no rule keeps it"] });
  });

  it("chooses the same of two of the same instant, whichever stands first", () => {
    const twins = ["b", "a"].map((id) => snapshot("2026-01-01T00:00:00Z", { id }));
    expect(kept(twins, { "keep-last": 1 })).toEqual(["a"]);
    expect(kept(twins.toReversed(), { "keep-last": 1 })).toEqual(["a"]);
  });
});

describe("decide() with a length of time", () => {
  itKeeps([
    {
      name: "counts back from the newest snapshot, not from now",
      times: ["2020-01-10T00:00:00Z", "2020-01-03T00:00:01Z", "2020-01-03T00:00:00Z"],
      rules: { "keep-within": "7d" },
      expected: ["2020-01-10T00:00:00Z", "2020-01-03T00:00:01Z"],
    },
    {
      name: "does not let a forged date ahead of now push the real ones out",
      times: ["2031-01-01T00:00:00Z", "2026-11-19T00:00:00Z", "2026-11-18T00:00:00Z", "2026-11-01T00:00:00Z"],
      rules: { "keep-within": "7d" },
      expected: ["2031-01-01T00:00:00Z", "2026-11-19T00:00:00Z", "2026-11-18T00:00:00Z"],
    },
    {
      name: "keeps all where all are dated ahead of now",
      times: ["2031-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
      rules: { "keep-within": "1h" },
      expected: ["2031-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    },
    {
      name: "lets a day that the month lacks run over: a month before March 31 is March 3",
      times: ["2026-03-31T12:00:00Z", "2026-03-03T12:00:01Z", "2026-03-03T12:00:00Z", "2026-02-28T12:00:01Z"],
      rules: { "keep-within": "1m" },
      expected: ["2026-03-31T12:00:00Z", "2026-03-03T12:00:01Z"],
    },
    {
      name: "counts months in the zone of the newest",
      times: ["2026-03-01T01:00:00+14:00", "2026-02-01T01:00:01+14:00", "2026-01-31T10:00:00Z"],
      rules: { "keep-within": "1m" },
      expected: ["2026-03-01T01:00:00+14:00", "2026-02-01T01:00:01+14:00"],
    },
    {
      name: "takes lengths past the end of the calendar for ever",
      times: ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
      rules: { "keep-within": "99999999999y" },
      expected: ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
    },
    {
      name: "keeps the newest of each month of that time, and the oldest snapshot if it is of that time",
      times: ["2026-06-20T00:00:00Z", "2026-06-01T00:00:00Z", "2026-05-20T00:00:00Z", "2026-05-19T00:00:00Z"],
      rules: { "keep-within-monthly": "2m" },
      expected: ["2026-06-20T00:00:00Z", "2026-05-20T00:00:00Z", "2026-05-19T00:00:00Z"],
    },
    {
      name: "does not keep the oldest of the time for being the oldest of the time",
      times: ["2026-06-20T02:00:00Z", "2026-06-20T01:00:00Z", "2020-01-01T00:00:00Z"],
      rules: { "keep-within-daily": "2d" },
      expected: ["2026-06-20T02:00:00Z"],
    },
  ]);

  it("fails on a length that the configuration would not have passed", () => {
    expect(() => kept([snapshot("2026-01-01T00:00:00Z")], { "keep-within": "2w" })).toThrow(RangeError);
  });
});

describe("decide() with tags", () => {
  const snapshots = [
    snapshot("2026-01-04T00:00:00Z", { tags: ["nas", "daily"] }),
    snapshot("2026-01-03T00:00:00Z", { tags: ["daily"] }),
    snapshot("2026-01-02T00:00:00Z", { tags: ["pinned"] }),
    snapshot("2026-01-01T00:00:00Z"),
  ];

  it.each([
    { name: "keeps what has the tag", tags: ["daily"], days: [4, 3] },
    { name: "keeps what has all of a list", tags: ["daily, nas"], days: [4] },
    { name: "keeps what has any of several", tags: ["nas", "pinned"], days: [4, 2] },
    { name: "takes an empty tag for untagged", tags: [""], days: [1] },
    { name: "keeps nothing by a tag that no snapshot has", tags: ["dialy"], days: [] },
  ])("$name", ({ tags, days }) => {
    expect(kept(snapshots, { "keep-tag": tags })).toEqual(days.map((day) => `2026-01-0${day}T00:00:00Z`));
  });
});

describe("decide()'s reasons", () => {
  const snapshots = [
    snapshot("2026-01-02T02:00:00Z", { tags: ["a", "b"] }),
    snapshot("2026-01-02T01:00:00Z"),
    snapshot("2026-01-02T00:00:00Z"),
  ];

  it("are restic's own, one for each rule, in restic's order", () => {
    const rules = {
      "keep-within-yearly": "2d1y",
      "keep-yearly": 5,
      "keep-daily": 1,
      "keep-last": 1,
      "keep-within": "1h",
      "keep-tag": ["a,b", "b"],
    };
    expect(reasons(snapshots, rules)).toEqual([
      [
        ...["has tags [a, b]", "has tags [b]", "within 1h", "last snapshot", "daily snapshot", "yearly snapshot"],
        "yearly within 1y2d",
      ],
      ["no rule keeps it"],
      ["oldest yearly snapshot", "oldest yearly within 1y2d"],
    ]);
  });

  it.each<Partial<RetentionRules>>([{}, { "keep-within": "0d" }, { "keep-last": 0 }, { "keep-tag": [] }])(
    "say that the policy is empty, and keep all, under %j",
    (rules) => {
      expect(kept(snapshots, rules)).toHaveLength(3);
      expect(reasons(snapshots, rules)).toEqual([["policy is empty"], ["policy is empty"], ["policy is empty"]]);
    },
  );
});

describe("groupsOf()", () => {
  const snapshots = [
    snapshot("2026-01-01T00:00:00Z", { host: "nas", paths: ["/home", "/etc"], tags: ["daily"] }),
    snapshot("2026-01-02T00:00:00Z", { host: "nas", paths: ["/etc", "/home"] }),
    snapshot("2026-01-03T00:00:00Z", { host: "desk", paths: ["/my files"], tags: ["b", "a"] }),
    snapshot("2026-01-04T00:00:00Z", { host: "desk", paths: ["files", "/my"], tags: ["a", "b"] }),
  ];

  it.each([
    { groupBy: "", groups: { "all snapshots": [4, 3, 2, 1] } },
    { groupBy: "host", groups: { "host desk": [4, 3], "host nas": [2, 1] } },
    { groupBy: "tags", groups: { "no tags": [2], "tags a b": [4, 3], "tags daily": [1] } },
    { groupBy: "paths", groups: { "paths /etc /home": [2, 1], "paths /my files": [4], 'paths "/my files"': [3] } },
    {
      groupBy: "paths,host,host",
      groups: {
        'host desk, paths "/my files"': [3],
        "host desk, paths /my files": [4],
        "host nas, paths /etc /home": [2, 1],
      },
    },
  ])("groups by '$groupBy', newest first, and never by the order of paths and tags", ({ groupBy, groups }) => {
    const days = groupsOf(snapshots, groupBy).map(({ key, snapshots: members }) => {
      return [key, members.map(({ id }) => Number(id.slice(8, 10)))] as const;
    });
    expect(Object.fromEntries(days)).toEqual(groups);
  });

  it("holds no group where there is no snapshot", () => expect(groupsOf([], "host,paths")).toEqual([]));

  it("fails on a word that the configuration would not have passed", () => {
    expect(() => groupsOf(snapshots, "host,toString")).toThrow(RangeError);
  });

  it("gives each group its own count", () => {
    const rules = { "keep-last": 1, "group-by": "host" };
    const keeps = decide(snapshots, rules, now).map(({ snapshot: { id }, keep }) => [id.slice(0, 10), keep]);
    expect(keeps).toEqual([
      ["2026-01-04", true],
      ["2026-01-03", false],
      ["2026-01-02", true],
      ["2026-01-01", false],
    ]);
  });
});
