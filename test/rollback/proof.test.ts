import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import { addMilliseconds } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { failureOf, Scene, sha256 } from "./scene.ts";

/** A repository in which somebody put other bytes under the id and date of the pack's version, as MinIO lets a client. */
async function replacedInPlace(which: "pack" | "config"): Promise<{ scene: Scene; T: Instant; key: ObjectKey }> {
  const scene = new Scene();
  const { T, pack, config } = await scene.repository();
  const key = which === "pack" ? pack : config;
  await replace(scene, key, "forged");
  return { scene, T, key };
}

async function replace(scene: Scene, key: ObjectKey, content: string): Promise<void> {
  const rows = (await scene.rows()).filter((row) => row.key === key);
  await scene.store.destroyVersions(rows);
  const id = rows[0]?.versionId ?? "";
  scene.inject(key, { id, at: rows[0]?.lastModified ?? scene.clock.now(), content });
}

/** The store has the version and answers for its bytes as a store does for what is archived. */
function archive(scene: Scene, key: ObjectKey, id: string): void {
  const read = scene.store.read.bind(scene.store);
  scene.store.read = async (of, version) => {
    const isArchived = of === key && (version === id || version === null);
    if (!isArchived) return await read(of, version);
    const report = { action: "read", subject: key, problem: "the store says: archived", hint: "" };
    throw new Failure({ kind: "store-misbehaves", ...report });
  };
}

describe("a rollback where the history can be forged", () => {
  it("hashes what would stay and finds bytes that were replaced in place", async () => {
    const { scene, T, key } = await replacedInPlace("pack");
    expect((await scene.plan(T)).result.unrecoverable).toBe(0);
    const { plan, result } = await scene.plan(T, { historyForgeable: true });
    expect(result).toMatchObject({ unrecoverable: 1, accept: ["unrecoverable"], actions: { keep: 5 } });
    expect(plan.unrecoverable).toEqual([{ key, holds: "data", reason: "none of its 1 versions hashes to the name" }]);
  });

  it("brings the right bytes back from whichever version has them", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.inject(pack, { id: "good", at: addMilliseconds(T, -2), content: "pack 1" });
    scene.inject(pack, { id: "forged", at: addMilliseconds(T, -1), content: "forged" });
    const { steps } = await scene.plan(T, { historyForgeable: true });
    expect(steps).toMatchObject([{ key: pack, action: "copyVersion", to: { versionId: "good" }, proof: "sha256" }]);
  });

  it("compares config with the record: right it stays, wrong it is lost, exchanged it needs a word", async () => {
    const { scene, T, key } = await replacedInPlace("config");
    const means = { historyForgeable: true, recordedConfigHash: sha256("config") };
    const { plan } = await scene.plan(T, means);
    expect(plan.unrecoverable).toEqual([{ key, holds: "config", reason: "none of its 1 versions hashes as recorded" }]);
    expect((await scene.plan(T, { ...means, recordedConfigHash: sha256("forged") })).result.accept).toEqual([]);
    await scene.put(key, "config");
    const exchanged = await scene.plan(T, means);
    expect(exchanged.result).toMatchObject({ accept: ["ambiguous"], unrecoverable: 0 });
  });

  it("is verified by hashing what stayed as well", async () => {
    for (const which of ["pack", "config"] as const) {
      const scene = new Scene();
      const { T, pack, config } = await scene.repository();
      const means = { historyForgeable: true, recordedConfigHash: sha256("config") };
      const believed = { ...means, historyForgeable: false };
      const { plan } = await scene.plan(T, means);
      expect((await scene.verify(plan, means)).differing).toEqual([]);
      const key = which === "pack" ? pack : config;
      await replace(scene, key, "forged");
      const differing = [{ key, problem: "shows other bytes than at T" }];
      expect((await scene.verify(plan, means)).differing).toEqual(differing);
      const { plan: late } = await scene.plan(T, believed);
      expect((await scene.verify(late, believed)).differing).toEqual([]);
      expect((await scene.verify(late, means)).differing).toEqual(differing);
    }
  });

  it("notices before the first write that a version was replaced in place since the plan", async () => {
    const scene = new Scene();
    const { T, pack, config } = await scene.repository();
    await scene.hide(config);
    const { plan } = await scene.plan(T);
    await replace(scene, pack, "forged!");
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "bucket-changed" });
  });
});

describe("a version that cannot be read", () => {
  it("is named as such, and not as one that hashes to something else", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.put(pack, "junk");
    archive(scene, pack, "v00000003");
    const { plan } = await scene.plan(T);
    const reason =
      "of its 2 versions v00000003 cannot be read (the store says: archived); 1 can be read and do not hash to the name";
    expect(plan.unrecoverable).toEqual([{ key: pack, holds: "data", reason }]);
  });

  it("is named where another version is taken in its place", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.put(pack, "pack 1");
    await scene.put(pack, "junk");
    archive(scene, pack, "v00000003");
    const { steps } = await scene.plan(T);
    expect(steps[0]?.reason).toMatch(/the version at T \(v00000003\) cannot be read \(the store says: archived\)/);
  });

  it("differs for verify with the store's words", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.hide(pack);
    const { plan } = await scene.plan(T);
    await scene.apply(plan);
    archive(scene, pack, "v00000003");
    const problem = "what it shows cannot be read (the store says: archived)";
    expect((await scene.verify(plan)).differing).toEqual([{ key: pack, problem }]);
  });

  it("is named as such by apply too", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.put(pack, "junk");
    const { plan } = await scene.plan(T);
    await scene.put(pack, "pack 1");
    const top = (await scene.rows()).find((row) => row.key === pack)?.versionId ?? "";
    archive(scene, pack, top);
    expect((await failureOf(scene.apply(plan))).details["changed"]).toContain(
      "cannot be read (the store says: archived)",
    );
  });
});

describe("objects that restic did not put there", () => {
  it("are unproven when they are brought back, and need the word", async () => {
    const scene = new Scene();
    await scene.put(scene.key("README"), "hello");
    const { T } = await scene.repository();
    await scene.put(scene.key("README"), "send bitcoin");
    const { plan, result } = await scene.plan(T);
    expect(result).toMatchObject({ actions: { copyVersion: 1 }, foreign: 1, unproven: 1, accept: ["unproven"] });
    expect(await failureOf(scene.apply(plan, { accepted: new Set() }))).toMatchObject({ kind: "refused" });
  });
});

describe("evidence that is not in the state folder at hand", () => {
  it("is read where the plan says it was written, and the path that was tried is named", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.hide(pack);
    const { plan } = await scene.plan(T);
    const { name, path } = plan.header.evidence;
    const open = scene.state.open.bind(scene.state);
    scene.state.open = async (of) => (of === name ? null : await open(of));
    expect(await scene.apply(plan)).toMatchObject({ done: 1 });
    expect((await scene.verify(plan)).differing).toEqual([]);
    scene.state.open = async (of) => (of === name || of === path ? null : await open(of));
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "damaged-file" });
  });
});
