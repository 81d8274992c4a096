import { describe, expect, it } from "vitest";
import { openTestStore, realStores } from "./real-stores.ts";

describe.each(realStores())("a real $name", (real) => {
  it.skipIf(!real.isHere)("starts, keeps versions and is gone when stopped", async () => {
    const { store: local, stop } = await real.start();
    const store = await openTestStore(local, "tried/home");
    expect(await store.versioning()).toBe("enabled");
    await stop();
    await expect(fetch(local.endpoint)).rejects.toThrow("fetch failed");
  });
});
