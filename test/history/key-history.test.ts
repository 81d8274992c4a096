import { describe, expect, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import { compareKeys, keyHistories } from "../../src/history/key-history.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";

const marker = (key: string, id: string): HistoryRow => {
  return {
    kind: "marker",
    key: objectKey(key),
    versionId: versionId(id),
    lastModified: instantFromMilliseconds(0),
    isLatest: false,
    owner: null,
  };
};

/** Pages of one row each: a key goes on over the end of a page. */
async function* listing(rows: readonly HistoryRow[]): AsyncGenerator<readonly HistoryRow[]> {
  for (const row of rows) yield await Promise.resolve([row]);
}

async function grouped(rows: readonly HistoryRow[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key, rows: ofKey } of keyHistories(listing(rows))) {
    found.push(`${key}: ${ofKey.map((row) => row.versionId).join(" ")}`);
  }
  return found;
}

describe("keyHistories()", () => {
  it("groups the rows of a key in the order of the listing", async () => {
    expect(await grouped([marker("a", "2"), marker("a", "1"), marker("b", "3")])).toEqual(["a: 2 1", "b: 3"]);
  });

  it("is empty for an empty listing", async () => expect(await grouped([])).toEqual([]));

  it("counts a row once that the store lists twice, also of a key with very many", async () => {
    const rows = Array.from({ length: 100 }, (_, index) => marker("a", String(index)));
    const versions = rows.map((row): HistoryRow => {
      const { kind, ...common } = row;
      expect(kind).toBe("marker");
      return { kind: "version", ...common, size: 1, etag: "", storageClass: null, checksums: null };
    });
    const twice = [...rows, ...rows, ...versions, ...versions, marker("b", "0"), marker("b", "0")];
    const ids = rows.map((row) => row.versionId).join(" ");
    expect(await grouped(twice)).toEqual([`a: ${ids} ${ids}`, "b: 0"]);
  });

  it("counts a row once that the store lists twice", async () => {
    expect(await grouped([marker("a", "1"), marker("a", "1")])).toEqual(["a: 1"]);
  });

  it("fails on a key that comes back, whose history would be torn in two", async () => {
    const torn = grouped([marker("a", "2"), marker("b", "3"), marker("a", "1")]);
    await expect(torn).rejects.toMatchObject({ kind: "store-misbehaves", subject: "a" });
  });
});

describe("compareKeys()", () => {
  it.each([
    ["a9", "a:"],
    ["a", "aa"],
    ["\uffee", "\u{1f600}"],
    ["\ue000", "\u{10000}"],
  ])("puts %j before %j, as their UTF-8 bytes do", (a, b) => {
    expect(compareKeys(a, b)).toBeLessThan(0);
    expect(compareKeys(b, a)).toBeGreaterThan(0);
  });
});
