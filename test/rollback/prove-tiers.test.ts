import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import type { ProveWord } from "../../src/rollback/decide.ts";
import { failureOf, Scene, sha256 } from "./scene.ts";

/** Keys whose bytes were read, each as often as it was. */
function readKeys(scene: Scene): readonly ObjectKey[] {
  const keys: ObjectKey[] = [];
  const read = scene.store.read.bind(scene.store);
  scene.store.read = async (key, version) => {
    keys.push(key);
    return await read(key, version);
  };
  return keys;
}

const folders = (keys: readonly ObjectKey[]): readonly string[] => keys.map((key) => key.split("/")[1] ?? "").sort();

describe("--prove", () => {
  it.each<[ProveWord, readonly string[], object]>([
    ["none", ["index", "keys", "snapshots"], { proven: 3, sole: 2, unproven: 1, accept: ["unproven"] }],
    ["changed", ["data", "index", "keys", "snapshots"], { proven: 4, sole: 2, unproven: 0, accept: [] }],
    ["all", ["data", "data", "index", "keys", "snapshots"], { proven: 5, sole: 1, unproven: 0, accept: [] }],
  ])("%s reads what it says, and always index, snapshots and keys", async (prove, read, totals) => {
    const scene = new Scene();
    const { T, pack, all } = await scene.repository();
    await scene.put(pack, "longer junk");
    await scene.hide(...all);
    const keys = readKeys(scene);
    const { result } = await scene.plan(T, { prove });
    expect(folders(keys)).toEqual(read);
    expect(result).toMatchObject({ prove, ...totals, stateAtT: { objects: 6, available: 6 } });
    expect(result.hashedBytes).toBeGreaterThan(0);
  });

  it("all also reads what stays; the others read of data/ only what changed", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const keys = readKeys(scene);
    await scene.plan(T, { prove: "changed" });
    expect(folders(keys)).toEqual(["index", "keys", "snapshots"]);
    await scene.plan(T, { prove: "all" });
    expect(folders(keys.slice(3))).toEqual(["data", "data", "index", "keys", "snapshots"]);
  });

  it("is all by default where the history can be forged", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    expect((await scene.plan(T)).result.prove).toBe("changed");
    expect((await scene.plan(T, { historyForgeable: true })).result.prove).toBe("all");
  });

  it("none still settles by its bytes a key of which the order does not tell what it held", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.inject(pack, { id: "after", at: addMilliseconds(T, 1000), content: "after" });
    scene.inject(pack, { id: "back", at: addMilliseconds(T, -1), content: "back" });
    const { steps, result } = await scene.plan(T, { prove: "none" });
    expect(steps).toMatchObject([{ action: "copyVersion", to: { versionId: "v00000003" }, proof: "sha256" }]);
    expect(result.accept).toEqual([]);
  });
});

describe("a proof", () => {
  it("needs no second reading of a twin, unless ETags can be forged", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.put(pack, "junk!!");
    await scene.put(pack, "pack 1");
    await scene.hide(pack);
    const keys = readKeys(scene);
    const { steps } = await scene.plan(T);
    expect(steps).toMatchObject([{ action: "liftMarker", proof: "twin", to: { versionId: "v00000008" } }]);
    expect(keys.filter((key) => key === pack)).toHaveLength(1);
    expect((await scene.plan(T, { historyForgeable: true })).steps).toMatchObject([{ proof: "sha256" }]);
    expect(keys.filter((key) => key === pack)).toHaveLength(3);
  });

  it("takes the SHA-256 that the store kept, and says so", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    const list = scene.store.listVersions.bind(scene.store);
    scene.store.listVersions = async function* (prefix, from) {
      for await (const page of list(prefix, from))
        yield page.map((row) => (row.kind === "version" ? { ...row, checksums: "SHA256" } : row));
    };
    await scene.put(pack, "longer junk");
    scene.store.recordedSha256 = async ({ versionId, key }) =>
      await Promise.resolve(versionId === "v00000003" ? (key.split("/").at(-1) ?? null) : null);
    const keys = readKeys(scene);
    const { steps } = await scene.plan(T);
    expect(steps).toMatchObject([{ proof: "sha256", reason: expect.stringContaining("the store keeps") as string }]);
    expect(keys).not.toContain(pack);
  });

  it("leaves what is archived unproven, not lost, and lifts the marker above it", async () => {
    const scene = new Scene();
    const { T, all } = await scene.repository();
    const [key] = all;
    await scene.hide(...all);
    const list = scene.store.listVersions.bind(scene.store);
    scene.store.listVersions = async function* (prefix, from) {
      for await (const page of list(prefix, from))
        yield page.map((row) =>
          row.kind === "version" && row.key === key ? { ...row, storageClass: "GLACIER" } : row,
        );
    };
    const { steps, result } = await scene.plan(T, { keepMarkers: true });
    expect(result).toMatchObject({ unrecoverable: 0, unproven: 1, accept: ["unproven"] });
    expect(steps.find((step) => step.key === key)).toMatchObject({ action: "liftMarker", proof: "none" });
    expect(result.found).toMatchObject([{ rule: "archived-versions" }]);
  });

  it("tells how long it will take where that is more than a minute, once", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    await scene.restic("index", "x".repeat(10_000));
    const read = scene.store.read.bind(scene.store);
    scene.store.read = async (key, version) => {
      scene.clock.passMilliseconds(4000);
      return await read(key, version);
    };
    const told: object[] = [];
    const to = scene.clock.now();
    await scene.plan(to, { prove: "all", connections: 1, onEstimate: (estimate) => told.push(estimate) });
    expect(told).toEqual([{ bytes: expect.any(Number) as number, seconds: expect.any(Number) as number }]);
    expect(T).toBeLessThan(to);
  });
});

describe("content that is not what its name says", () => {
  it("is a finding of its own, for what is brought back and for what is hidden", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.inject(pack, { id: "back", at: addMilliseconds(T, -1), content: "forged" });
    const evil = scene.key(`snapshots/${sha256("a name")}`);
    await scene.put(evil, "not that");
    await scene.restic("snapshots", "an honest one");
    const { plan, result } = await scene.plan(T);
    expect(plan.findings.map(({ rule, subject }) => [rule, subject])).toEqual([
      ["wrong-bytes", pack],
      ["wrong-bytes", evil],
    ]);
    expect(result).toMatchObject({ findings: 2, actions: { hide: 2, copyVersion: 1 } });
  });
});

describe("--keep-markers", () => {
  it("copies what would be shown by lifting, and the bucket comes to the same state", async () => {
    const scene = new Scene();
    const { T, all } = await scene.repository();
    const before = await scene.visible();
    await scene.hide(...all);
    const { plan, steps } = await scene.plan(T, { keepMarkers: true });
    expect(new Set(steps.map(({ action }) => action))).toEqual(new Set(["copyVersion"]));
    expect(steps[0]?.reason).toContain("so that the markers stay");
    const markers = (await scene.rows()).filter((row) => row.kind === "marker");
    await scene.apply(plan);
    expect(await scene.visible()).toEqual(before);
    const after = (await scene.rows()).filter((row) => row.kind === "marker");
    expect(after.map((row) => row.versionId)).toEqual(markers.map((row) => row.versionId));
  });

  it.each([
    [8, "liftMarker"],
    [9, "copyVersion"],
  ])("is done by itself above %i markers or more: %s", async (count, action) => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    for (let n = 0; n < count; n++) await scene.hide(pack);
    expect((await scene.plan(T)).steps).toMatchObject([{ action }]);
  });
});

it("tells in a refusal where the evidence is, which stays", async () => {
  const scene = new Scene();
  await scene.repository();
  const failure = await failureOf(scene.plan("2026-11-20T00:01:00Z"));
  const evidence = failure.details["evidence"] ?? "";
  expect(scene.text(evidence)).toContain('"type":"totals"');
  expect([...scene.state.files.keys()].some((name) => name.startsWith("plans/"))).toBe(false);
});
