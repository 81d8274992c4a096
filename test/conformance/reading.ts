import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { all, bytes, key, markersOf, rowsOf, textAt, textOf, versionedBucket, type StoreUnderTest } from "./bucket.ts";

export function reads(under: StoreUnderTest): void {
  describe("read()", () => {
    it("gives the current version, and each older one by its id", async () => {
      const { store } = await versionedBucket(under);
      const older = await store.put(key("a"), bytes("older"));
      const newer = await store.put(key("a"), bytes("newer!"));
      const current = await store.read(key("a"), null);
      expect(current).toMatchObject({ size: 6, versionId: newer.versionId });
      expect(await textOf(current)).toBe("newer!");
      const first = await store.read(key("a"), older.versionId);
      expect(first).toMatchObject({ size: 5, versionId: older.versionId });
      expect(await textOf(first)).toBe("older");
    });

    it("gives every byte of a large object and none of an empty one", async () => {
      const { store } = await versionedBucket(under);
      const large = randomBytes(3_000_000);
      await store.put(key("large"), large);
      await store.put(key("empty"), bytes(""));
      const content = await store.read(key("large"), null);
      if (content === null) throw new Error("nothing was put");
      expect(Buffer.concat(await all(content.bytes)).equals(large)).toBe(true);
      expect(content.size).toBe(large.length);
      expect(await textAt(store, "empty")).toBe("");
    });

    it("gives null for a key that never was, a hidden key, a marker by its id, and a version that is gone", async () => {
      const { store } = await versionedBucket(under);
      const { versionId } = await store.put(key("a"), bytes("a"));
      const [row] = await rowsOf(store);
      await store.hide([key("a")]);
      const [marker] = await markersOf(store);
      expect(await store.read(key("never"), null)).toBeNull();
      expect(await store.read(key("never"), versionId)).toBeNull();
      expect(await store.read(key("a"), null)).toBeNull();
      expect(await store.read(key("a"), marker?.versionId ?? null)).toBeNull();
      await store.destroyVersions(row === undefined ? [] : [row]);
      expect(await store.read(key("a"), versionId)).toBeNull();
    });
  });

  describe("readClock()", () => {
    it("is near ours on this machine, and works where nothing is stored", async () => {
      const { store } = await under.makeBucket();
      const { store: theirs, ours } = await store.readClock();
      expect(Math.abs(theirs - ours)).toBeLessThan(2000);
      expect(Math.abs(ours - Date.now())).toBeLessThan(2000);
    });
  });
}
