import { describe, expect, it } from "vitest";
import { restorable } from "../../src/store/restorable-store.ts";
import { Scene } from "../rollback/scene.ts";

describe("restorable()", () => {
  it("passes on what a rollback may do and holds no way to destroy", async () => {
    const scene = new Scene();
    const { pack } = await scene.repository();
    const store = restorable(scene.store);
    await store.hide([pack]);
    const marker = (await scene.rows()).find((row) => row.kind === "marker");
    await store.liftMarkers(marker?.kind === "marker" ? [marker] : []);
    expect((await scene.visible())[pack]).toBe("pack 1");
    expect("destroyVersions" in store).toBe(false);
  });
});
