import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { openClock } from "../../src/adapters/system-clock.ts";
import type { LifecycleRule, OpenUpload } from "../../src/store/bucket-settings.ts";
import { bytes, key, markersOf, rowsOf, type Bucket } from "./bucket.ts";
import { lifecycleXml, type Operator } from "./operator.ts";
import { keepsThePromisesOfAVersionedStore } from "./versioned-store.ts";

describe("the memory store", () => {
  keepsThePromisesOfAVersionedStore({ makeBucket: () => Promise.resolve(makeBucket()), otherKeys: [] });

  it("refuses each marker and version of a key that may not lift, and says so beforehand", async () => {
    const { store } = makeBucket();
    await store.enableVersioning();
    await store.put(key("a"), bytes("a"));
    await store.hide([key("a")]);
    store.denyLifting();
    const rows = await rowsOf(store);
    expect(await store.mayLiftMarkers()).toBe(false);
    expect(await store.clone().mayLiftMarkers()).toBe(false);
    expect(await store.liftMarkers(await markersOf(store))).toMatchObject([{ error: { code: "AccessDenied" } }]);
    expect(await store.destroyVersions(rows)).toHaveLength(2);
    expect(await rowsOf(store)).toEqual(rows);
  });
});

function makeBucket(): Bucket & { readonly store: MemoryStore } {
  const store = new MemoryStore(openClock(), "off");
  return {
    store,
    inPagesOf: () => store,
    suspendVersioning: () => {
      store.setVersioning("suspended");
      return Promise.resolve();
    },
    operator: operatorOf(store),
  };
}

function operatorOf(store: MemoryStore): Operator {
  let uploads: readonly OpenUpload[] = [];
  const setUploads = (open: readonly OpenUpload[]): void => {
    uploads = open;
    store.setOpenUploads(open);
  };
  return {
    expireNoncurrent: ({ prefix, days }) => {
      const unsaid = { newerNoncurrentVersions: null, currentDays: null, abortUploadsDays: null };
      const rule: LifecycleRule = { id: "old", isEnabled: true, prefix, noncurrentDays: days, ...unsaid };
      const text = lifecycleXml({ prefix, days });
      store.setSettings({ lifecycle: { kind: "set", value: { text, rules: [rule] } } });
      return Promise.resolve();
    },
    putPolicy: (policyOf) => {
      store.setSettings({ policy: { kind: "set", value: policyOf("memory") } });
      return Promise.resolve();
    },
    beginUpload: (begun) => {
      const uploadId = `upload-${uploads.length}`;
      setUploads([...uploads, { key: begun, uploadId, initiated: openClock().now() }]);
      return Promise.resolve(uploadId);
    },
    abortUpload: (aborted) => {
      setUploads(uploads.filter(({ uploadId }) => uploadId !== aborted.uploadId));
      return Promise.resolve();
    },
  };
}
