import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import { compareKeys } from "../../src/history/key-history.ts";
import { coveringPrefix } from "../../src/history/key-range.ts";
import { splitRange } from "../../src/history/split-range.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";

function rows(keys: readonly string[]): readonly HistoryRow[] {
  return keys.map((key) => {
    const common = { key: objectKey(key), versionId: versionId("v"), lastModified: instantFromMilliseconds(0) };
    return { kind: "marker", ...common, isLatest: true, owner: null };
  });
}

const hash = (index: number): string => createHash("sha256").update(`${index}`).digest("hex");
/** The packs of a repository, in key order. */
const packs = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => hash(index))
    .map((name) => `home/data/${name.slice(0, 2)}/${name}`)
    .sort(compareKeys);
const indexes = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `home/index/${hash(index)}`).sort(compareKeys);

/** How many of the keys behind the page stand in each range that the cuts make. */
function lengths(keys: readonly string[], cuts: readonly string[]): readonly number[] {
  const counts = [...cuts, null].map(() => 0);
  let range = 0;
  for (const key of keys) {
    while (compareKeys(key, cuts[range] ?? "\u{10ffff}") >= 0) range++;
    counts[range] = (counts[range] ?? 0) + 1;
  }
  return counts;
}

describe("splitRange()", () => {
  it("cuts the data of a repository into ranges of about four pages, at whole prefixes where they fit", () => {
    const all = packs(10_000);
    const cuts = splitRange({ prefix: "home/", page: rows(["home/config", ...all.slice(0, 9)]), until: null });
    expect(cuts.slice(0, 3)).toEqual(["home/data/01", "home/data/02", "home/data/03"]);
    expect(cuts.slice(-3)).toEqual(["home/data/ff", "home/data1", "home/index1"]);
    const within = lengths(all.slice(9), cuts).slice(0, -2);
    expect(within.length).toBe(256);
    expect(Math.max(...within)).toBeLessThan(80);
  });

  it("cuts a very long one between prefixes as well", () => {
    const all = packs(20_000);
    const cuts = splitRange({ prefix: "", page: rows(all.slice(0, 5)), until: null });
    expect(cuts).toContain("home/data/80/804");
    expect(cuts.length).toBeGreaterThan(500);
    expect(cuts.length).toBeLessThan(3000);
  });

  it("cuts what is left of a range, and never outside of it", () => {
    const all = packs(20_000).filter((key) => key.startsWith("home/data/3"));
    const cuts = splitRange({ prefix: "home/", page: rows(all.slice(20, 40)), until: "home/data/4" });
    expect(cuts[0]).toBe("home/data/31");
    expect(cuts.at(-1)).toBe("home/data/3f");
  });

  it("cuts other folders of hashes", () => {
    const all = indexes(10_000);
    const cuts = splitRange({ prefix: "home/", page: rows(all.slice(0, 200)), until: "home/index1" });
    expect(cuts.at(-1)).toBe("home/index/g");
    expect(lengths(all.slice(200), cuts).length).toBeGreaterThan(8);
    expect(Math.max(...lengths(all.slice(200), cuts))).toBeLessThan(1600);
  });

  it("takes other names to go on as they began", () => {
    const all = Array.from({ length: 10_000 }, (_, index) => `photos/img_${index.toString().padStart(4, "0")}.jpg`);
    const cuts = splitRange({ prefix: "", page: rows(all.slice(0, 100)), until: null });
    expect(cuts.length).toBeGreaterThan(1);
    expect(cuts.at(-1)).toBe("photos/img_01");
  });

  it.each<[string, readonly string[], string | null]>([
    ["a page that covers the last of its range", packs(1000).slice(0, 900), "home/data/ff"],
    ["a key of many versions in a range that was cut", Array<string>(100).fill(packs(1)[0] ?? ""), "home/data1"],
    ["no rows", [], null],
  ])("does not cut behind %s", (_, keys, until) => {
    expect(splitRange({ prefix: "home/", page: rows(keys), until }).filter((cut) => cut !== "home/data1")).toEqual([]);
  });

  it("cuts some, once, behind a page of one key", () => {
    const [key = ""] = packs(1);
    const cuts = splitRange({ prefix: "home/", page: rows([key, key, key]), until: null });
    expect(cuts.length).toBeGreaterThan(2);
    expect(cuts.length).toBeLessThan(30);
  });

  it("finds no place for a cut before the end of a prefix that ends in the last letter", () =>
    expect(splitRange({ prefix: "~", page: rows(["~~~~~~~~~", "~~~~~~~~~~"]), until: null })).toEqual([]));
});

describe("coveringPrefix()", () => {
  it.each<[string, string | null, string, string]>([
    ["home/", null, "home/", "home/"],
    ["home/data/3f", "home/data/40", "home/", "home/data/"],
    ["home/data/3e", "home/data/3f", "home/", "home/data/3e"],
    ["home/data/3e/3e8", "home/data/3f", "home/", "home/data/3e"],
    ["home/data/3e/3e4", "home/data/3e/3e8", "home/", "home/data/3e/3e"],
    ["home/data/ff", "home/data0", "home/", "home/data/"],
    ["home/data1", "home/index1", "home/", "home/"],
    ["a", "ab", "", "a"],
    ["", "b", "", ""],
    ["a~", "a\u007f", "", "a~"],
    ["x😀", "x😁", "", "x"],
    ["é", "ê", "", ""],
  ])("covers %j to %j under %j with %j", (from, until, outer, prefix) => {
    expect(coveringPrefix({ from, until }, outer)).toBe(prefix);
  });
});
