import { describe, expect, it } from "vitest";
import type { DeleteMarker, HistoryRow } from "../../src/store/object-version.ts";
import {
  bytes,
  currentKeys,
  key,
  markersOf,
  rowsOf,
  shapeOf,
  textAt,
  textOf,
  versionedBucket,
  versionsOf,
  type StoreUnderTest,
} from "./bucket.ts";

export function copiesForward(under: StoreUnderTest): void {
  describe("copyForward()", () => {
    it("makes the bytes of an older version current and keeps every row below", async () => {
      const { store } = await versionedBucket(under);
      await store.put(key("a"), bytes("good"));
      await store.put(key("a"), bytes("evil!"));
      await store.hide([key("a")]);
      const before = await rowsOf(store);
      const good = before.at(-1);
      if (good?.kind === "version") await store.copyForward(good);
      const [top, ...below] = await rowsOf(store);
      expect(await textAt(store, "a")).toBe("good");
      expect(top).toMatchObject({
        kind: "version",
        isLatest: true,
        size: 4,
        etag: (await versionsOf(store)).at(-1)?.etag,
      });
      expect(below).toEqual(before.map((row) => ({ ...row, isLatest: false })));
    });

    it("copies a version that is current already, and an empty one", async () => {
      const { store } = await versionedBucket(under);
      await store.put(key("empty"), bytes(""));
      const [only] = await versionsOf(store);
      if (only !== undefined) await store.copyForward(only);
      expect(shapeOf(await rowsOf(store))).toEqual(["empty version latest", "empty version"]);
      expect(await textAt(store, "empty")).toBe("");
    });

    it("fails by the key's name when the version is gone", async () => {
      const { store } = await versionedBucket(under);
      await store.put(key("a"), bytes("good"));
      const [gone] = await versionsOf(store);
      if (gone === undefined) throw new Error("nothing was put");
      await store.put(key("a"), bytes("evil"));
      await store.destroyVersions([gone]);
      await expect(store.copyForward(gone)).rejects.toMatchObject({
        kind: "store-misbehaves",
        subject: "a",
        problem: expect.stringContaining("is not there any more") as string,
      });
    });
  });
}

export function hidesAndLifts(under: StoreUnderTest): void {
  describe("hide() and liftMarkers()", () => {
    it("hide keys under a marker whose id each outcome tells, and show again what stood below", async () => {
      const { store } = await versionedBucket(under);
      for (const name of ["a", "b", "c"]) await store.put(key(name), bytes(name));
      const outcomes = await store.hide([key("c"), key("a")]);
      const markers = await markersOf(store);
      expect(outcomes.toSorted(byKey)).toEqual(
        markers.map((marker) => ({ key: marker.key, versionId: marker.versionId, error: null })),
      );
      expect(await currentKeys(store)).toEqual(["b"]);
      const lifted = await store.liftMarkers(markers);
      expect(lifted).toEqual(markers.map((marker) => ({ key: marker.key, versionId: marker.versionId, error: null })));
      expect(await currentKeys(store)).toEqual(["a", "b", "c"]);
      expect(await textAt(store, "a")).toBe("a");
      expect(shapeOf(await rowsOf(store))).toEqual(["a version latest", "b version latest", "c version latest"]);
    });

    it("take an empty list", async () => {
      const { store } = await versionedBucket(under);
      expect([await store.hide([]), await store.liftMarkers([]), await store.destroyVersions([])]).toEqual([
        [],
        [],
        [],
      ]);
    });

    it("count a marker that is gone already as lifted", async () => {
      const { store } = await versionedBucket(under);
      await store.put(key("a"), bytes("a"));
      await store.hide([key("a")]);
      const markers = await markersOf(store);
      await store.liftMarkers(markers);
      expect(await store.liftMarkers(markers)).toMatchObject([{ key: "a", error: null }]);
      expect(await textAt(store, "a")).toBe("a");
    });

    it("lift a marker in the middle of a history and leave what is current", async () => {
      const { store } = await versionedBucket(under);
      await store.put(key("a"), bytes("1"));
      await store.hide([key("a")]);
      await store.put(key("a"), bytes("2"));
      await store.liftMarkers(await markersOf(store));
      expect(shapeOf(await rowsOf(store))).toEqual(["a version latest", "a version"]);
      expect(await textAt(store, "a")).toBe("2");
    });

    it("take more entries than one request may hold", async () => {
      const { store } = await versionedBucket(under);
      const keys = Array.from({ length: 1005 }, (_, n) => key(`data/${n.toString().padStart(4, "0")}`));
      const there = keys.filter((_, n) => [0, 999, 1000, 1004].includes(n));
      for (const each of there) await store.put(each, bytes(each));
      const hidden = await store.hide(keys);
      expect(hidden.map(({ key, error }) => ({ key, error }))).toEqual(keys.map((key) => ({ key, error: null })));
      expect(await currentKeys(store)).toEqual([]);
      const lifted = await store.liftMarkers(await markersOf(store));
      expect(lifted.filter(({ error }) => error !== null)).toEqual([]);
      expect(await currentKeys(store)).toEqual(there);
    });
  });
}

export function destroysVersions(under: StoreUnderTest): void {
  describe("destroyVersions()", () => {
    it("destroys what it is given, tells each outcome in turn, and leaves the rest", async () => {
      const { store } = await versionedBucket(under);
      for (const text of ["1", "2", "3"]) await store.put(key("a"), bytes(text));
      await store.put(key("b"), bytes("b"));
      await store.hide([key("b")]);
      const [third, second, first, marker, b] = await rowsOf(store);
      const doomed = [b, second, marker].filter((row) => row !== undefined);
      expect(await store.destroyVersions(doomed)).toEqual(
        doomed.map((row) => ({ key: row.key, versionId: row.versionId, error: null })),
      );
      expect((await rowsOf(store)).map((row) => row.versionId)).toEqual([third?.versionId, first?.versionId]);
    });

    it("shows the version below when the current one is destroyed", async () => {
      const { store } = await versionedBucket(under);
      for (const text of ["good", "evil"]) await store.put(key("a"), bytes(text));
      const [evil] = await rowsOf(store);
      await store.destroyVersions(evil === undefined ? [] : [evil]);
      expect(await textAt(store, "a")).toBe("good");
      expect(shapeOf(await rowsOf(store))).toEqual(["a version latest"]);
    });
  });
}

const hostileKeys = [
  "two  spaces/a b",
  "plus+plus",
  "percent%41",
  "%2F%2f%",
  "a%20b",
  "tab\tin it",
  "line\nbreak",
  "return\rin it",
  "<b>&amp;\"'</b>",
  "]]><!--",
  "ümlaut/é",
  "decomposed/e\u0301",
  "日本/～/😀",
  "semi;colon:at@comma,equals=dollar$!*()'~",
  "question?mark=1&versionId=null#hash",
  "back\\slash",
  "ends in a slash/",
  " leading space",
  "trailing space ",
  "dots/...",
  "under/../way",
  "double//slash",
  "/leading slash",
  "control\u0001",
];

export function takesHostileKeys(under: StoreUnderTest): void {
  describe("every method", () => {
    const others = new Set(under.otherKeys);
    it.each(hostileKeys.filter((name) => !others.has(name)))("takes the key %j as it is", async (name) => {
      const { store, inPagesOf } = await versionedBucket(under);
      const first = await store.put(key(name), bytes("1"));
      await store.put(key(name), bytes("2"));
      await store.hide([key(name)]);
      const [marker, second, old] = await rowsOf(store, name);
      expect(await rowsOf(inPagesOf(1))).toEqual([marker, second, old]);
      expect(shapeOf(await rowsOf(store))).toEqual([`${name} marker latest`, `${name} version`, `${name} version`]);
      expect(await textOf(await store.read(key(name), first.versionId))).toBe("1");
      expect(await store.liftMarkers(marker?.kind === "marker" ? [marker] : [])).toMatchObject([{ error: null }]);
      expect(await textAt(store, name)).toBe("2");
      if (old?.kind === "version") await store.copyForward(old);
      expect(await textAt(store, name)).toBe("1");
      expect(await currentKeys(store, name)).toEqual([name]);
      await store.destroyVersions(await rowsOf(store));
      expect(await rowsOf(store)).toEqual([]);
    });
  });
}

export function knowsItsVersioning(under: StoreUnderTest): void {
  describe("versioning()", () => {
    it("says off before it is turned on, then enabled, however often it is turned on", async () => {
      const { store } = await under.makeBucket();
      expect(await store.versioning()).toBe("off");
      await store.enableVersioning();
      await store.enableVersioning();
      expect(await store.versioning()).toBe("enabled");
    });

    it("says suspended when it is, and enabled when it is turned on again", async () => {
      const { store, suspendVersioning } = await versionedBucket(under);
      await suspendVersioning();
      expect(await store.versioning()).toBe("suspended");
      await store.enableVersioning();
      expect(await store.versioning()).toBe("enabled");
    });
  });

  describe("an id of null", () => {
    it("marks what was written before versioning was on, which stays below what comes later", async () => {
      const { store } = await under.makeBucket();
      await store.put(key("a"), bytes("overwritten"));
      expect(await store.put(key("a"), bytes("before"))).toEqual({ versionId: null });
      await store.enableVersioning();
      await store.put(key("a"), bytes("after"));
      const rows = await rowsOf(store);
      expect(rows.map((row) => row.versionId === "null")).toEqual([false, true]);
      expect(await textOf(await store.read(key("a"), rows[1]?.versionId ?? null))).toBe("before");
    });

    it("marks what is written while versioning is suspended, marker or version, one of them a key", async () => {
      const { store, suspendVersioning } = await versionedBucket(under);
      await store.put(key("a"), bytes("kept"));
      await suspendVersioning();
      await store.put(key("a"), bytes("lost"));
      await store.hide([key("a")]);
      const rows = await rowsOf(store);
      expect(shapeOf(rows)).toEqual(["a marker latest", "a version"]);
      expect(rows.map((row) => row.versionId === "null")).toEqual([true, false]);
    });

    it("is refused, and nothing of its batch is sent", async () => {
      const { store, suspendVersioning } = await versionedBucket(under);
      await store.put(key("a"), bytes("a"));
      await store.hide([key("a")]);
      await suspendVersioning();
      await store.put(key("b"), bytes("b"));
      await store.hide([key("b")]);
      const rows: readonly HistoryRow[] = await rowsOf(store);
      const markers: readonly DeleteMarker[] = await markersOf(store);
      expect(markers.map((row) => row.versionId === "null")).toEqual([false, true]);
      await expect(store.liftMarkers(markers)).rejects.toMatchObject({ kind: "refused", subject: "b" });
      await expect(store.destroyVersions(rows)).rejects.toMatchObject({ kind: "refused", subject: "b" });
      expect(await rowsOf(store)).toEqual(rows);
    });
  });
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : 1;
}
