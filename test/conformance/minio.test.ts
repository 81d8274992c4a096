import { describe, expect, it } from "vitest";
import { realStores } from "../stores/real-stores.ts";
import { bytes, key, rowsOf, shapeOf, textAt } from "./bucket.ts";
import { duringTheTests, makeBucket } from "./real-store.ts";
import { keepsThePromisesOfAVersionedStore } from "./versioned-store.ts";

const [, minio] = realStores();
const refused = ["under/../way", "double//slash"];
const changed = ["/leading slash", "ends in a slash/"];

describe.skipIf(!minio.isHere)("MinIO", () => {
  const local = duringTheTests(minio);
  const versioned = async () => {
    const { store } = await makeBucket(local());
    await store.enableVersioning();
    return store;
  };

  keepsThePromisesOfAVersionedStore({
    makeBucket: async () => await makeBucket(local()),
    otherKeys: [...refused, ...changed],
    hasQuickBatches: true,
  });

  it.each(refused)("does not take the key %j, which is told in its words", async (name) => {
    const store = await versioned();
    await expect(store.put(key(name), bytes("1"))).rejects.toMatchObject({
      kind: "store-misbehaves",
      subject: name,
      problem: expect.stringMatching(/^the store says: \S.*name.* \(XMinio\w+\)$/) as string,
    });
    expect(await rowsOf(store)).toEqual([]);
  });

  it("keeps a key that begins with a slash without it", async () => {
    const store = await versioned();
    await store.put(key("/a"), bytes("1"));
    expect(shapeOf(await rowsOf(store))).toEqual(["a version latest"]);
  });

  it("keeps no versions of a key that ends in a slash: hidden is gone", async () => {
    const store = await versioned();
    await store.put(key("a/"), bytes("1"));
    await store.put(key("a/"), bytes("2"));
    expect(await textAt(store, "a/")).toBe("2");
    expect(await store.hide([key("a/")])).toMatchObject([{ error: null }]);
    expect(await rowsOf(store)).toEqual([]);
  });
});
