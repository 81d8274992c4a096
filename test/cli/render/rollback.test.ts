import { describe, expect, it } from "vitest";
import type { ObjectKey } from "../../../src/base/object-key.ts";
import { planLines } from "../../../src/cli/render/rollback-plan.ts";
import {
  anewLines,
  appliedLines,
  applyLines,
  differingLines,
  lostLines,
} from "../../../src/cli/render/rollback-run.ts";
import { openScreen, type Screen } from "../../../src/cli/render/screen.ts";
import { parseConfiguration } from "../../../src/config/parse.ts";
import type { ApplyResult } from "../../../src/rollback/apply.ts";
import { sample } from "../../config/sample.ts";
import { sampleProfile } from "../../doubles/sample-profile.ts";
import { Scene } from "../../rollback/scene.ts";

const name = (first: number): string => first.toString(16).padStart(8, "0").repeat(8);
const key = (first: number): string => `backups/home/data/00/${name(first)}`;
const wide = (lines: readonly string[], width: number): readonly string[] =>
  lines.filter((line) => line.length > width && !line.startsWith("Next:"));

function screenOf(columns: number): Screen {
  const stream = { columns, write: () => true };
  return openScreen({ json: false, quiet: false, color: false, stdout: stream, stderr: stream });
}

/** A plan with keys of every kind, one of them lost. */
async function planned(): Promise<Awaited<ReturnType<Scene["plan"]>>> {
  const scene = new Scene();
  const { T, pack, all } = await scene.repository();
  await scene.put(pack, "junk");
  const lost = all[4] ?? pack;
  await scene.store.destroyVersions((await scene.rows()).filter((row) => row.key === lost));
  scene.inject(lost, { id: "forged", at: T, content: "forged" });
  await scene.hide(...all.filter((each) => each !== pack));
  await scene.put(scene.key("data/00/README"), "pay");
  return await scene.plan(T);
}

async function differing(count: number, columns: number, isUndone = false): Promise<readonly string[]> {
  const rows = Array.from({ length: count }, (_, index) => ({
    key: key(index) as ObjectKey,
    problem: "is hidden, and was not at T",
  }));
  const { plan } = await planned();
  const verified = { matching: 41_233, differing: rows, differingCount: rows.length, proven: 9981 };
  return differingLines(verified, { plan, isUndone, word: "home-20261120T030000Z", screen: screenOf(columns) });
}

describe("planLines()", () => {
  const [configuration] = parseConfiguration(sample, "config.yaml").repositories.values();
  const lines = async (width: number, more: object = {}, asked = "2026-11-20T03:00:00Z") => {
    if (configuration === undefined) throw new RangeError("the sample has no repository");
    const repository = { name: "home", profile: sampleProfile(), configuration };
    const { result } = await planned();
    return planLines({ ...result, ...more }, { repository, asked, took: 1900, width });
  };
  it("tells what was asked for where that is another instant, or another word for it", async () => {
    const [first] = await lines(200);
    expect(first).toMatch(/\(asked for 2026-11-20T03:00:00Z\)$/);
    const exact = /to (\S+)/.exec(first ?? "")?.[1] ?? "";
    expect((await lines(200, {}, exact))[0]).toMatch(/Z$/);
  });
  it("does not offer to hash what evidence does not hold", async () => {
    const sole = { sole: 2, prove: "none" };
    expect((await lines(200, sole)).join("\n")).toContain("or --prove all now");
    expect((await lines(200, { ...sole, fromEvidence: true })).join("\n")).not.toContain("--prove all");
  });
  it("names what is lost by 8 digits, and the whole last hash on a line of its own", async () => {
    const shown = (await lines(80)).join("\n");
    expect(shown).toMatch(/\n {2}lost +1 {4}\S+[0-9a-f]{8}…/);
    expect(shown).toMatch(/\nLast hash of the plan:\n {2}[0-9a-f]{64}\n/);
    expect(shown.match(/[0-9a-f]{64}/g)).toHaveLength(1);
  });
  it.each([40, 60, 80])("fits into %i columns, but for what is to be copied", async (width) => {
    expect(wide(await lines(width), width).filter((line) => !/^ {2}[0-9a-f]{64}$/.test(line))).toEqual([]);
  });
});

describe("appliedLines()", () => {
  const applied = (done: number, changed: number): ApplyResult => {
    const changedKeys = changed === 0 ? [] : [{ key: key(1) as ObjectKey, problem: "version v9 is new" }];
    return { done, skipped: 1, failed: 0, changed, changedKeys, unrecoverable: [], journal: null };
  };
  const shown = (done: number, { changed = 0, dryRun = true } = {}): readonly string[] =>
    appliedLines({
      applied: applied(done, changed),
      report: null,
      word: "home-1",
      dryRun,
      accepted: new Set(changed > 0 ? ["changed"] : []),
      check: null,
      repository: "home",
      width: 80,
    });
  it("names as next step of a dry run what there is to do", () => {
    expect(shown(3).at(-1)).toBe("Next:  holdfast rollback apply home-1");
    expect(shown(0).at(-1)).toBe("Next:  holdfast rollback verify home-1");
    expect(shown(0, { changed: 1 }).at(-1)).toBe("Next:  holdfast rollback apply home-1 --accept changed");
  });
  it("says what would become of a key that changed, and what became of it", () => {
    expect(shown(3, { changed: 1 }).join("\n")).toContain("would be planned anew  backups/home");
    expect(shown(3, { changed: 1, dryRun: false }).join("\n")).toContain("left alone  backups/home");
  });
});

describe("anewLines()", () => {
  it.each([40, 60, 80])("names the new plan within %i columns", async (width) => {
    const lines = anewLines((await planned()).plan, "home-20261120T030000Z-2", width);
    expect(lines.join("\n")).toContain("home-20261120T030000Z-2");
    expect(wide(lines, width)).toEqual([]);
  });
});

describe("applyLines()", () => {
  it.each([40, 60, 80])("fits into %i columns", async (width) => {
    expect(wide(applyLines((await planned()).plan, width), width)).toEqual([]);
  });
});

describe("differingLines()", () => {
  it("cuts the names of keys to 8 digits and lists no more than 20", async () => {
    const lines = await differing(23, 80);
    expect(lines.filter((line) => line.startsWith("  differs  "))).toHaveLength(20);
    expect(lines[1]).toBe("  differs  backups/home/data/00/00000000…  is hidden, and was not at T");
    expect(lines).toContain("  and 3 more, all in --json");
    expect(lines.join("\n")).not.toContain(name(1));
  });
  it.each([40, 60, 80])("fits into %i columns, but for the next command", async (columns) => {
    expect(wide(await differing(23, columns), columns)).toEqual([]);
    expect(wide(await differing(0, columns), columns)).toEqual([]);
  });
  it("names a next step that is not refused: a plan that was undone cannot be applied", async () => {
    expect((await differing(1, 80)).at(-1)).toContain("rollback apply home-20261120T030000Z");
    expect((await differing(1, 80, true)).at(-1)).toContain("rollback status home-20261120T030000Z");
  });
});

describe("lostLines()", () => {
  const lost = [{ key: key(255), reason: "its only good version was destroyed at 02:14:07Z" }];
  it("names the key by 8 digits, with its reason under it where the screen is narrow", () => {
    expect(lostLines(lost, 100)).toEqual([
      "  lost  backups/home/data/00/000000ff…  its only good version was destroyed at 02:14:07Z",
    ]);
    expect(wide(lostLines(lost, 40), 40)).toEqual([]);
  });
});
