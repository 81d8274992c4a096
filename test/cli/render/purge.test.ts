import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/base/finding.ts";
import { addMilliseconds } from "../../../src/base/instant.ts";
import { purgedLines, purgeLines } from "../../../src/cli/render/purge.ts";
import { parseConfiguration } from "../../../src/config/parse.ts";
import type { PurgePlan } from "../../../src/purge/purge-request.ts";
import { sample } from "../../config/sample.ts";
import { sampleProfile } from "../../doubles/sample-profile.ts";
import { day, PurgeScene, window } from "../../purge/purge-scene.ts";

const name = (first: number): string => first.toString(16).padStart(8, "0").repeat(8);

/** A plan with something in each of its parts. */
async function planned(): Promise<PurgePlan> {
  const plan = await (await PurgeScene.repository()).plan();
  const next = addMilliseconds(plan.now, 3 * day);
  const rule = {
    id: "old",
    prefix: "",
    noncurrentDays: 30,
    newerNoncurrentVersions: 2,
    versions: 9981,
    bytes: 5e9,
    due: 12,
  };
  return {
    ...plan,
    possibleFrom: next,
    lifecycle: [{ ...rule, next }],
    broken: { journal: "/state/purges/j", startedAt: plan.now, intended: 4000, done: 3000 },
    totals: {
      ...plan.totals,
      keys: 10_412,
      rows: 41_233,
      versions: 9981,
      markers: 9988,
      bytes: 5_502_926_848,
      areas: [
        { area: "data", versions: 9980, markers: 9980, bytes: 5_502_926_000 },
        { area: "locks", versions: 1, markers: 8, bytes: 848 },
      ],
      waiting: 57,
      left: 1,
      nulls: 3,
      foreign: 2,
    },
  };
}

const left: Finding = {
  rule: "purge-overwritten",
  severity: "warning",
  subject: `home/data/00/${name(1)}`,
  evidence: "it was overwritten with other contents, which restic never does",
  remedy: "It is left as it is.",
};

function linesOf(
  plan: PurgePlan,
  more: { readonly width?: number; readonly dryRun?: boolean } = {},
): readonly string[] {
  const configuration = parseConfiguration(sample, "config.yaml").repositories.get("home");
  if (configuration === undefined) throw new Error("no repository");
  const repository = { name: "home", configuration, profile: sampleProfile() };
  return purgeLines(plan, { repository, window, took: 1900, dryRun: false, left: [left], width: 80, ...more });
}

describe("purgeLines()", () => {
  it("shows what goes by area, what stays for which reason, and what the store does by itself", async () => {
    expect(linesOf(await planned()).join("\n")).toMatchInlineSnapshot(`
      "Purge of home: the recovery window of 35d begins at 2026-10-16T03:00:00Z
      backups/home on Sample Store: 41,233 versions and markers of 10,412 keys, read
        in 1.9 s, evidence saved
      The purge of 2026-11-20T03:00:00Z stopped half-way, 3,000 of 4,000 rows that it
        had begun on were answered for. This one goes on.

        data         9,980    old versions           5.12 GiB, and 9,980 dead markers
        locks            1    old version            848 B, and 8 dead markers
        waiting         57    not seen long enough   the first can go from
                                                     2026-11-23T03:00:00Z on
        left             1    key in doubt           named below
        null             3    written unversioned    an id of null is never destroyed
        foreign          2    not restic's           never touched

      The store's own rule "old" destroys old versions 30 days after they were
        superseded but for the newest 2 of a key: 9,981 versions of 4.66 GiB in time,
        12 due by now, the next at 2026-11-23T03:00:00Z.

        warning  home/data/00/00000001…: it was overwritten with other contents, which
                 restic never does.
                 It is left as it is.

      9,981 versions of 5.13 GiB and 9,988 delete markers can go for good. Nothing has
      been destroyed yet."
    `);
  });

  it.each([60, 80, 200])("fits %d columns", async (width) => {
    expect(linesOf(await planned(), { width }).filter((line) => line.length > width)).toEqual([]);
  });

  it("says what holds it, and how to look again", async () => {
    const hold: Finding = {
      rule: "hold",
      severity: "alarm",
      subject: "home",
      evidence: "on hold",
      remedy: "Release it",
    };
    const lines = linesOf({ ...(await planned()), held: [hold] }).join("\n");
    expect(lines).toContain("Held by 1 finding, nothing was destroyed:\n  alarm    home: on hold.");
    expect(lines).toMatch(/Next: {2}holdfast purge home --dry-run$/);
    expect(lines).not.toContain("can go for good");
  });

  it("ends a dry run with the run that destroys", async () => {
    expect(linesOf(await planned(), { dryRun: true }).at(-1)).toBe("Next:  holdfast purge home");
  });
});

describe("purgedLines()", () => {
  it("says what was destroyed, what had changed, and where it stands written", () => {
    const done = { versionsRemoved: 2, markersRemoved: 1, bytesFreed: 2048, failed: 0, changed: 3, journal: "/j" };
    expect(purgedLines(done, { name: "home", width: 80 })).toEqual([
      "2 versions and 1 delete marker destroyed, 2.00 KiB freed",
      "3 were left: their keys changed since the plan",
      "Journal: /j",
      "Next:  holdfast check home",
    ]);
  });
});
