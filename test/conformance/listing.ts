import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import {
  all,
  bytes,
  currentKeys,
  key,
  rowsOf,
  shapeOf,
  textOf,
  versionedBucket,
  versionsOf,
  type StoreUnderTest,
} from "./bucket.ts";

/** UTF-16 would set the tilde after the emoji; stores sort by UTF-8. */
const ascending = ["a", "a b", "b/1", "b/10", "b/2", "c", "é", "～", "😀"] as const;

/** Two versions and two markers of `b/1` in turn, further versions around it. */
async function writeHistory(store: PurgingStore): Promise<void> {
  for (const name of ["c", "b/2", "b/10", "a", "😀", "é", "～", "a b"]) await store.put(key(name), bytes(`${name} 1`));
  for (const round of ["1", "2"]) {
    await store.put(key("b/1"), bytes(`b/1 ${round}`));
    await store.hide([key("b/1")]);
  }
  for (const round of ["2", "3", "4"]) await store.put(key("b/2"), bytes(`b/2 ${round}`));
}

export function listsVersions(under: StoreUnderTest): void {
  describe("listVersions()", () => {
    it("gives nothing for an empty bucket", async () => {
      const { store } = await versionedBucket(under);
      expect(await rowsOf(store)).toEqual([]);
      expect(await rowsOf(store, "data/")).toEqual([]);
    });

    it("sorts keys by their UTF-8 bytes and sets markers among the versions of a key, newest first", async () => {
      const { store } = await versionedBucket(under);
      await writeHistory(store);
      const rows = await rowsOf(store);
      expect([...new Set(rows.map((row) => row.key))]).toEqual(ascending);
      expect(shapeOf(rows.filter((row) => row.key === "b/1"))).toEqual([
        "b/1 marker latest",
        "b/1 version",
        "b/1 marker",
        "b/1 version",
      ]);
      const told = await Promise.all(
        rows.filter((row) => row.key === "b/2").map(async (row) => await textOfRow(store, row)),
      );
      expect(told).toEqual(["b/2 4", "b/2 3", "b/2 2", "b/2 1"]);
    });

    it("gives the same rows whatever the size of a page", async () => {
      const { store, inPagesOf } = await versionedBucket(under);
      await writeHistory(store);
      const rows = await rowsOf(store);
      expect(rows).toHaveLength(15);
      for (const size of [1, 2, 3, 7, 1000]) expect(await rowsOf(inPagesOf(size))).toEqual(rows);
      const some = rows.filter((row) => row.key.startsWith("b/"));
      for (const size of [1, 2, 3, 7, 1000]) expect(await rowsOf(inPagesOf(size), "b/")).toEqual(some);
    });

    it("gives only what begins with the prefix, which need not end in a slash", async () => {
      const { store } = await versionedBucket(under);
      await writeHistory(store);
      const keysUnder = async (prefix: string): Promise<readonly string[]> => [
        ...new Set((await rowsOf(store, prefix)).map((row) => row.key)),
      ];
      expect(await keysUnder("b/1")).toEqual(["b/1", "b/10"]);
      expect(await keysUnder("a ")).toEqual(["a b"]);
      expect(await keysUnder("é")).toEqual(["é"]);
      expect(await keysUnder("x")).toEqual([]);
    });

    it("begins at any key, whether it is there or not, and at any prefix", async () => {
      const { store, inPagesOf } = await versionedBucket(under);
      await writeHistory(store);
      const rows = await rowsOf(store);
      for (const prefix of ["", "b/", "b/1", "é"]) {
        for (const from of ["", "a", "a!", "b", "b/", "b/1", "b/10", "b/2", "b0", "c", "e", "é", "～", "😀", "😁"]) {
          const wanted = rows.filter(({ key: name }) => name.startsWith(prefix) && !isBelow(name, from));
          for (const each of [store, inPagesOf(2)])
            expect((await all(each.listVersions(prefix, from))).flat()).toEqual(wanted);
        }
      }
    });

    it("says of each version its size, its MD5 and which row is the latest of its key", async () => {
      const { store } = await versionedBucket(under);
      const before = Date.now() - 2000;
      await store.put(key("a"), bytes(""));
      const { versionId } = await store.put(key("a"), bytes("later"));
      const [later, empty] = await versionsOf(store);
      expect(later).toMatchObject({ versionId, isLatest: true, size: 5, etag: md5("later") });
      expect(empty).toMatchObject({ isLatest: false, size: 0, etag: md5("") });
      expect(later?.lastModified).toBeGreaterThan(before);
      expect(later?.lastModified).toBeLessThan(Date.now() + 2000);
      expect(later?.lastModified).toBeGreaterThanOrEqual(empty?.lastModified ?? Infinity);
    });
  });
}

export function listsWhatIsCurrent(under: StoreUnderTest): void {
  describe("listCurrent()", () => {
    it("gives nothing for an empty bucket", async () => {
      const { store } = await versionedBucket(under);
      expect(await currentKeys(store)).toEqual([]);
    });

    it("leaves out hidden keys, sorts by UTF-8 bytes, whatever the size of a page", async () => {
      const { store, inPagesOf } = await versionedBucket(under);
      await writeHistory(store);
      const shown = ascending.filter((name) => name !== "b/1");
      for (const size of [1, 2, 3, 7, 1000]) expect(await currentKeys(inPagesOf(size))).toEqual(shown);
      expect(await currentKeys(store, "b/")).toEqual(["b/10", "b/2"]);
      expect(await currentKeys(store, "a b")).toEqual(["a b"]);
    });

    it("says of each object what the version listing says of its latest version", async () => {
      const { store } = await versionedBucket(under);
      await writeHistory(store);
      const latest = (await versionsOf(store)).filter((row) => row.isLatest);
      expect(await all(store.listCurrent(""))).toEqual(
        latest.map(({ key, lastModified, size, etag }) => ({ key, lastModified, size, etag })),
      );
    });
  });
}

function isBelow(name: string, from: string): boolean {
  return Buffer.compare(Buffer.from(name), Buffer.from(from)) < 0;
}

async function textOfRow(store: PurgingStore, row: HistoryRow): Promise<string> {
  return (await textOf(await store.read(row.key, row.versionId))) ?? "";
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
