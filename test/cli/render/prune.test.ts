import { describe, expect, it } from "vitest";
import { planLines, pruneEndLines } from "../../../src/cli/render/prune.ts";
import { planRetention } from "../../../src/retention/plan.ts";
import type { PruneResult } from "../../../src/retention/run.ts";
import { at, daily, lookOf, sampleSettings, timed } from "../../retention/sample-settings.ts";

const settings = sampleSettings({ rules: { "group-by": "host", "keep-last": 2, "keep-daily": 3 } });
const look = lookOf([
  ...daily(4, "2026-11-20T03:00:00Z"),
  timed("2027-03-01T00:00:00Z", { id: "e4d909c2".padEnd(64, "0"), storedAt: at("2026-11-20T04:20:55Z") }),
]);
const plan = planRetention(look, null, settings);
const nothing: PruneResult = {
  kept: [],
  forgotten: [],
  held: [],
  unjudged: [],
  packsRemoved: 0,
  bytesToFree: null,
  checked: null,
  hold: null,
};

function shown(width: number): readonly string[] {
  const screen = { width, style: (_: unknown, text: string) => text };
  const interrupted = { at: at("2026-11-19T12:00:00Z"), forgotten: ["a"], standing: ["b", "c"] };
  return [
    ...planLines({ plan, look, interrupted, settings }, screen),
    ...pruneEndLines({ ...nothing, held: plan.held }, { name: "home", dryRun: false }, screen),
  ];
}

describe("the screen of a prune that stops", () => {
  it("tells both times, what keeps each snapshot, what holds and what releases it", async () => {
    await expect(shown(80).join("\n")).toMatchFileSnapshot("prune-held.txt");
  });

  it.each([60, 80, 200])("fits into %d columns", (width) => {
    for (const line of shown(width)) expect(line.length, line).toBeLessThanOrEqual(width);
  });
});

describe("the end of a prune", () => {
  const screen = { width: 80, style: (_: unknown, text: string) => text };
  const done = {
    ...nothing,
    kept: ["a", "b"],
    forgotten: [{ id: "c", reasons: ["no rule keeps it"] }],
    packsRemoved: 7,
  };
  const checked = { at: at("2026-11-20T12:01:00Z"), readData: "3/30" };

  it.each([
    [
      "a dry run",
      { ...done, bytesToFree: 5_502_926_848 },
      true,
      [
        "",
        "home: 1 snapshot would be forgotten, 2 snapshots kept, about 5.13 GiB to free; nothing was written",
        "Next:  holdfast prune home",
      ],
    ],
    [
      "a run that was checked",
      { ...done, checked: { ...checked, errors: 0 } },
      false,
      [
        "",
        "home: 1 snapshot forgotten, 2 snapshots kept, 7 packs removed",
        "checked, part 3 of 30 of the data read: no errors were found",
        "Next:  holdfast snapshots home",
      ],
    ],
    [
      "a run whose check found errors",
      { ...done, checked: { ...checked, errors: 2 } },
      false,
      [
        "",
        "home: 1 snapshot forgotten, 2 snapshots kept, 7 packs removed",
        "checked, part 3 of 30 of the data read: 2 errors",
        "Next:  holdfast check home --read-data-subset 3/30",
      ],
    ],
  ])("tells of %s what was done and what to type next", (_, result, dryRun, lines) => {
    expect(pruneEndLines(result, { name: "home", dryRun }, screen)).toEqual(lines);
  });
});
