import { describe, expect, it } from "vitest";
import { key, rowsOf, versionedBucket, bytes, type StoreUnderTest } from "./bucket.ts";
import { readPolicy } from "./operator.ts";

export function tellsItsSettings(under: StoreUnderTest): void {
  describe("settings()", () => {
    it("tells of a new bucket that nothing is set, or that the store does not have it", async () => {
      const { store } = await under.makeBucket();
      const kinds = Object.entries(await store.settings()).map(([name, { kind }]) => `${name} ${kind}`);
      for (const told of kinds) expect(told).toMatch(/ (?:none|unsupported)$/);
      expect(kinds).toHaveLength(6);
    });

    it("tells that versioning is on, or suspended, and that it leaves nothing out", async () => {
      const { store, suspendVersioning } = await versionedBucket(under);
      const on = await store.settings();
      expect(on.versioning).toMatchObject({ kind: "set", value: { excludedPrefixes: [] } });
      expect(JSON.stringify(on.versioning)).toContain("Enabled");
      await suspendVersioning();
      expect(JSON.stringify((await store.settings()).versioning)).toContain("Suspended");
    });

    it("tells a lifecycle rule, beside the store's own text of it", async () => {
      const { store, operator } = await versionedBucket(under);
      await operator.expireNoncurrent({ prefix: "home/", days: 30 });
      const { lifecycle } = await store.settings();
      if (lifecycle.kind !== "set") throw new Error(`the lifecycle is ${lifecycle.kind}`);
      expect(lifecycle.value.text).toContain("<NoncurrentDays>30</NoncurrentDays>");
      expect(lifecycle.value.rules).toEqual([
        {
          id: "old",
          isEnabled: true,
          prefix: "home/",
          noncurrentDays: 30,
          newerNoncurrentVersions: null,
          currentDays: null,
          abortUploadsDays: null,
        },
      ]);
    });

    it("tells the policy in its own words", async () => {
      const { store, operator } = await versionedBucket(under);
      let put = "";
      await operator.putPolicy((bucket) => (put = readPolicy(bucket)));
      const { policy } = await store.settings();
      if (policy.kind !== "set") throw new Error(`the policy is ${policy.kind}`);
      expect(JSON.parse(policy.value)).toEqual(JSON.parse(put));
    });
  });
}

export function listsOpenUploads(under: StoreUnderTest): void {
  describe("openUploads()", () => {
    it("names what was begun under the prefix until it is aborted, and nothing of it can be read", async () => {
      const { store, operator } = await versionedBucket(under);
      await store.put(key("home/data/a"), bytes("a"));
      const rows = await rowsOf(store);
      expect((await store.openUploads("")) ?? []).toEqual([]);
      const begun = [key("home/data/a"), key("home/data/b & c"), key("other/a")];
      const ids: string[] = [];
      for (const each of begun) ids.push(await operator.beginUpload(each));
      const open = (await store.openUploads("home/")) ?? [];
      expect(open.map((each) => each.key).toSorted()).toEqual(["home/data/a", "home/data/b & c"]);
      expect(open.map(({ uploadId }) => uploadId).toSorted()).toEqual(ids.slice(0, 2).toSorted());
      for (const { initiated } of open) expect(Math.abs(initiated - Date.now())).toBeLessThan(60_000);
      expect((await store.openUploads("")) ?? []).toHaveLength(3);
      expect(await rowsOf(store)).toEqual(rows);
      for (const { key: each, uploadId } of open) await operator.abortUpload({ key: each, uploadId });
      expect((await store.openUploads("home/")) ?? []).toEqual([]);
      expect(await store.openUploads("other/")).toHaveLength(1);
    });
  });
}

export function vouchesForNothingUnknown(under: StoreUnderTest): void {
  describe("recordedSha256()", () => {
    it("gives nothing for a version of which the listing names no checksum", async () => {
      const { store } = await versionedBucket(under);
      await store.put(key("a"), bytes("a"));
      const [row] = await rowsOf(store);
      if (row?.kind !== "version") throw new Error("nothing was put");
      expect(await store.recordedSha256({ ...row, checksums: null })).toBeNull();
    });
  });
}
