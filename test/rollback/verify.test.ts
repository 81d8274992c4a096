import { describe, expect, it } from "vitest";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { addMilliseconds } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import type { RollbackPlan } from "../../src/rollback/plan-file.ts";
import { Scene } from "./scene.ts";

/** A repository of which one pack was hidden and came back by apply; the other stayed. */
async function rolledBack(): Promise<{ scene: Scene; plan: RollbackPlan; stayed: ObjectKey; T: Instant }> {
  const scene = new Scene();
  const { T, all, pack } = await scene.repository();
  await scene.hide(pack);
  scene.clock.pass(5);
  const { plan } = await scene.plan(T);
  await scene.apply(plan);
  scene.clock.pass(5);
  const stayed = all.find((key) => key !== pack && key.includes("/data/"));
  if (stayed === undefined) throw new Error("no pack stayed");
  return { scene, plan, stayed, T };
}

/** Lists a key's version as if it had been replaced under its own id. */
function replacedInPlace(scene: Scene, key: ObjectKey): void {
  const listVersions = scene.store.listVersions.bind(scene.store);
  scene.store.listVersions = async function* (prefix, from) {
    for await (const page of listVersions(prefix, from)) {
      yield page.map((row) => (row.key === key && row.kind === "version" ? { ...row, etag: "another", size: 4 } : row));
    }
  };
  const read = scene.store.read.bind(scene.store);
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from("junk"));
  };
  const junk = async (): ReturnType<typeof read> => await Promise.resolve({ size: 4, versionId: null, bytes: bytes() });
  scene.store.read = async (of, id) => await (of === key ? junk() : read(of, id));
}

describe("verifyRollback()", () => {
  it.each(["changed", "all", "none"] as const)(
    "is not taken in by what came after apply on a key that stayed and is dated before T (prove %s)",
    async (prove) => {
      const { scene, plan, stayed, T } = await rolledBack();
      expect(await scene.verify(plan, { prove })).toMatchObject({ differingCount: 0 });
      scene.inject(stayed, { id: "back-dated", at: addMilliseconds(T, -1), content: "junk" });
      expect(await scene.verify(plan, { prove })).toMatchObject({ differing: [{ key: stayed }] });
    },
  );

  it("is not taken in by a new key that is dated before T", async () => {
    const { scene, plan, T } = await rolledBack();
    const key = scene.key("snapshots/forged");
    scene.inject(key, { id: "back-dated", at: addMilliseconds(T, -1), content: "junk" });
    expect(await scene.verify(plan)).toMatchObject({ differing: [{ key }] });
  });

  it("takes no version for the one of T that was replaced under its id since", async () => {
    const { scene, plan, stayed } = await rolledBack();
    replacedInPlace(scene, stayed);
    expect(await scene.verify(plan)).toMatchObject({ differing: [{ key: stayed }] });
  });

  it("takes another version with the right bytes for right", async () => {
    const { scene, plan, stayed, T } = await rolledBack();
    scene.inject(stayed, { id: "back-dated", at: addMilliseconds(T, -1), content: "pack 2" });
    expect(await scene.verify(plan)).toMatchObject({ differingCount: 0 });
  });
});
