import { describe, expect, it } from "vitest";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { operateBucket } from "../stores/bucket-operator.ts";
import { openTestStore, s3Access } from "../stores/real-stores.ts";

/** What settings look like to keys and buckets of other kinds than the suite has everywhere. */
export function tellsItsSettingsToEachKey(local: () => LocalStore): void {
  describe("settings() of a real store", () => {
    it("tells each setting that a writer may not read, in the store's words, and the two that it may", async () => {
      const bucket = "seen-by-a-writer";
      await openTestStore(local(), bucket);
      const writer = await local().makeKey({ role: "writer", bucket, prefix: "" });
      const store = openS3Store(s3Access(local(), writer, bucket));
      const settings = await store.settings();
      expect(settings.versioning).toMatchObject({ kind: "set", value: { excludedPrefixes: [] } });
      expect(settings.objectLock).toEqual({ kind: "none" });
      for (const setting of [settings.lifecycle, settings.policy]) {
        expect(setting).toEqual({ kind: "unreadable", problem: "the store refused the key (AccessDenied)" });
      }
      expect(await store.openUploads("")).toBeNull();
    });

    it("tells the lock that every version gets, its years as days", async () => {
      const access = s3Access(local(), local().owner, "locked");
      const operator = operateBucket(access);
      await operator.createLockableBucket();
      const store = openS3Store(access);
      const bare = { kind: "set", value: { mode: null, days: null } };
      expect((await store.settings()).objectLock).toMatchObject(bare);
      await operator.lockByDefault({ mode: "GOVERNANCE", years: 2 });
      const locked = { kind: "set", value: { mode: "GOVERNANCE", days: 730 } };
      const { objectLock } = await store.settings();
      expect(objectLock).toMatchObject(locked);
      expect(JSON.stringify(objectLock)).toContain("<Years>2</Years>");
    });
  });
}
