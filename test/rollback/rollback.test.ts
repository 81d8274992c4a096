import { describe, expect, it } from "vitest";
import { addMilliseconds, formatInstant } from "../../src/base/instant.ts";
import { failureOf, Scene, sha256 } from "./scene.ts";

const zero = { liftMarker: 0, copyVersion: 0, hide: 0 };

describe("makeRollbackPlan()", () => {
  it("has no step where nothing happened", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const { result } = await scene.plan(T);
    expect(result.actions).toEqual({ ...zero, keep: 6 });
    expect(result.accept).toEqual([]);
  });

  it("lifts markers, copies what was overwritten, hides what came later, in the safe order", async () => {
    const scene = new Scene();
    const { T, all, pack } = await scene.repository();
    await scene.put(pack, "junk!!");
    await scene.hide(...all.filter((key) => key !== pack));
    await scene.restic("keys", "evil key");
    await scene.restic("snapshots", "evil snapshot");
    await scene.restic("data", "evil pack");
    const { result, steps } = await scene.plan(T);
    expect(result.actions).toEqual({ liftMarker: 5, copyVersion: 1, hide: 3, keep: 0 });
    expect(steps.map((step) => `${step.action} ${step.key.split("/")[1] ?? ""}`)).toEqual([
      ...steps.slice(0, 2).map((step) => `${step.action} data`),
      "liftMarker index",
      "liftMarker snapshots",
      "liftMarker keys",
      "liftMarker config",
      "hide keys",
      "hide snapshots",
      "hide data",
    ]);
    expect(result).toMatchObject({ proven: 4, sole: 2, unproven: 0, requests: 9, bytes: 6, to: formatInstant(T) });
  });

  it("writes the evidence before the plan and names both, anew when planned twice", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const first = await scene.plan(T);
    const second = await scene.plan(T);
    expect(first.result.plan).toBe("/state/plans/home-20261120T001000Z.plan.jsonl");
    expect(second.result.name).toBe("home-20261120T001000Z-2");
    expect([...scene.state.files.keys()]).toEqual([
      "evidence/home-20261120T001000Z.evidence.jsonl.gz",
      "plans/home-20261120T001000Z.plan.jsonl",
      "evidence/home-20261120T001000Z-2.evidence.jsonl.gz",
      "plans/home-20261120T001000Z-2.plan.jsonl",
    ]);
    expect(sha256(scene.text(first.result.evidence))).toBe(first.plan.header.evidence.sha256);
  });

  it("lifts all the markers that a thief stacked", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    for (let count = 0; count < 5; count++) await scene.hide(pack);
    const { steps } = await scene.plan(T);
    expect(steps.map((step) => [step.action, step.markers.length])).toEqual([["liftMarker", 5]]);
  });

  it("leaves a key that shows a twin of the version at T", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.put(pack, "pack 1");
    expect((await scene.plan(T)).result.actions).toEqual({ ...zero, keep: 6 });
  });

  it("lifts the marker above a twin instead of copying", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.put(pack, "junk");
    await scene.put(pack, "pack 1");
    await scene.hide(pack);
    expect((await scene.plan(T)).result.actions).toMatchObject({ liftMarker: 1, copyVersion: 0 });
  });

  it("takes the version whose bytes hash to the name where that at T does not", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.inject(pack, { id: "backdated", at: addMilliseconds(T, -1), content: "forged" });
    await scene.hide(pack);
    const { steps } = await scene.plan(T);
    expect(steps).toMatchObject([{ action: "copyVersion", to: { versionId: "v00000003" }, proof: "sha256" }]);
    expect(steps[0]?.reason).toMatch(/those of the version at T \(backdated\) do not/);
  });

  it("finds an overwrite that is current and carries a date before T", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.inject(pack, { id: "multipart", at: addMilliseconds(T, -1), content: "forged" });
    const { steps } = await scene.plan(T);
    expect(steps).toMatchObject([{ action: "copyVersion", to: { versionId: "v00000003" }, proof: "sha256" }]);
  });

  it("asks where the version at T is forged and the key was deleted before", async () => {
    const scene = new Scene();
    const { pack } = await scene.repository();
    await scene.hide(pack);
    scene.clock.pass(1);
    const T = scene.clock.now();
    scene.inject(pack, { id: "multipart", at: T, content: "forged" });
    const { plan, result } = await scene.plan(T);
    expect(result.accept).toEqual(["ambiguous"]);
    expect(plan.ambiguous[0]?.candidates.map((row) => row.kind)).toEqual(["version", "marker"]);
  });

  it("asks before it leaves a config that had other versions, unless its hash was recorded", async () => {
    const scene = new Scene();
    const { T, config } = await scene.repository();
    scene.inject(config, { id: "multipart", at: addMilliseconds(T, -1), content: "forged" });
    expect((await scene.plan(T)).result).toMatchObject({ ambiguous: 1, accept: ["ambiguous"] });
    expect((await scene.plan(T, { recordedConfigHash: sha256("forged") })).result.accept).toEqual([]);
    expect((await scene.plan(T, { recordedConfigHash: sha256("config") })).result.accept).toEqual(["ambiguous"]);
  });

  it("names a key of which no version hashes to its name", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const lost = scene.key(`index/${sha256("lost index")}`);
    scene.inject(lost, { id: "bad", at: addMilliseconds(T, -1), content: "bad" });
    await scene.hide(lost);
    const { result, plan } = await scene.plan(T);
    expect(result).toMatchObject({ unrecoverable: 1, accept: ["unrecoverable"] });
    expect(plan.unrecoverable).toEqual([
      { key: lost, holds: "index", reason: "none of its 1 versions hashes to the name" },
    ]);
  });

  it("proves config by the recorded hash, and without one asks where it had two versions", async () => {
    const scene = new Scene();
    const { T, config } = await scene.repository();
    await scene.put(config, "evil config");
    expect((await scene.plan(T)).result).toMatchObject({ unproven: 1, accept: ["unproven"] });
    expect((await scene.plan(T, { recordedConfigHash: sha256("config") })).result).toMatchObject({
      proven: 1,
      accept: [],
    });
    expect((await scene.plan(T, { recordedConfigHash: sha256("other") })).result).toMatchObject({ unproven: 1 });
  });

  it("hides foreign objects without a word from the user", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    await scene.put(scene.key("README"), "send bitcoin");
    expect((await scene.plan(T)).result).toMatchObject({ actions: { hide: 1 }, foreign: 1, accept: [] });
  });

  it("leaves out locks, canaries and a repository in a folder below", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    await scene.restic("locks", "lock");
    await scene.put(scene.key("holdfast-canary/1"), "canary");
    await scene.put(scene.key("locks/holdfast-canary-1"), "canary");
    await scene.put(scene.key("nas/config"), "another's");
    await scene.put(scene.key(`nas/keys/${sha256("k")}`), "k");
    await scene.put(scene.key(`nas/snapshots/${sha256("s")}`), "s");
    const { plan, result } = await scene.plan(T);
    expect(result.actions).toEqual({ ...zero, keep: 6 });
    expect(result.leftOut).toEqual([{ folder: "nas/", keys: 3 }]);
    await scene.put(scene.key(`nas/snapshots/${sha256("t")}`), "t");
    scene.clock.pass(31);
    expect(await scene.apply(plan)).toMatchObject({ done: 0, changed: 0 });
    expect((await scene.verify(plan)).differing).toEqual([]);
  });

  it("leaves out no folder in which only a config stands, or only a key", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    await scene.put(scene.key("etc/config"), "ransom note");
    await scene.put(scene.key(`keyed/keys/${sha256("k")}`), "k");
    const { result } = await scene.plan(T);
    expect(result).toMatchObject({ actions: { hide: 2 }, foreign: 2, leftOut: [] });
  });

  it("never lifts a marker with the id null, but copies", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.store.setVersioning("suspended");
    await scene.hide(pack);
    expect((await scene.plan(T)).result).toMatchObject({
      actions: { liftMarker: 0, copyVersion: 1 },
      versioning: "suspended",
    });
  });

  it("names an order that disagrees with the dates where no hash settles it", async () => {
    const scene = new Scene();
    const { T, config } = await scene.repository();
    scene.inject(config, { id: "after", at: addMilliseconds(T, 1000), content: "after" });
    scene.inject(config, { id: "back", at: addMilliseconds(T, -1), content: "back" });
    const { plan, result } = await scene.plan(T);
    expect(result.accept).toContain("ambiguous");
    expect(plan.ambiguous).toMatchObject([{ key: config, chosen: { versionId: "back" } }]);
    expect(plan.ambiguous[0]?.candidates.map((row) => row.versionId)).toEqual(["back", "v00000002"]);
  });

  it("settles an order that disagrees with the dates by the hash", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.inject(pack, { id: "after", at: addMilliseconds(T, 1000), content: "after" });
    scene.inject(pack, { id: "back", at: addMilliseconds(T, -1), content: "back" });
    const { result, steps } = await scene.plan(T);
    expect(result.accept).toEqual([]);
    expect(steps).toMatchObject([{ action: "copyVersion", to: { versionId: "v00000003" }, proof: "sha256" }]);
  });

  it.each([
    ["before init", "2026-11-19T00:00:00Z", /no config, no keys, no snapshots/],
    ["between key and config", "2026-11-20T00:00:00Z", /no config, no snapshots/],
    ["before the first snapshot", "2026-11-20T00:06:00Z", /no snapshots/],
  ])("refuses a T %s and names the earliest that works", async (_, to, problem) => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const failure = await failureOf(scene.plan(to));
    expect(failure.kind).toBe("refused");
    expect(failure.problem).toMatch(problem);
    expect(failure.hint).toContain(new Date(T).toISOString());
  });

  it("refuses a T after the attack and tells the last instant at which it was whole", async () => {
    const scene = new Scene();
    const { config } = await scene.repository();
    const attack = scene.clock.now();
    await scene.hide(config);
    scene.clock.pass(10);
    const failure = await failureOf(scene.plan("5m-ago"));
    expect(failure.details["latest"]).toBe(new Date(attack - 1).toISOString());
  });

  it.each([
    ["where nothing ever stood", () => Promise.resolve()],
    [
      "where the bucket keeps no versions",
      async (scene: Scene) => {
        await scene.repository();
        scene.store.setVersioning("off");
      },
    ],
  ])("refuses %s", async (_, prepare) => {
    const scene = new Scene();
    await prepare(scene);
    expect((await failureOf(scene.plan(scene.clock.now()))).kind).toBe("refused");
  });
});

describe("applyRollback()", () => {
  it("brings the state at T back, and verify says so", async () => {
    const scene = new Scene();
    const { T, all, pack } = await scene.repository();
    const before = await scene.visible();
    await scene.put(pack, "junk!!");
    await scene.hide(...all);
    await scene.restic("keys", "evil key");
    const { plan } = await scene.plan(T);
    expect((await scene.verify(plan)).differing).toHaveLength(7);
    const result = await scene.apply(plan);
    expect(result).toMatchObject({
      done: 7,
      skipped: 0,
      failed: 0,
      journal: expect.stringMatching(/^\/state\/journals\/home-/) as string,
    });
    expect(await scene.visible()).toEqual(before);
    expect(await scene.verify(plan)).toEqual({ matching: 7, differing: [], differingCount: 0, proven: 5 });
    expect(await scene.apply(plan)).toMatchObject({ done: 0, skipped: 7 });
  });

  it("needs a word for what nothing proves", async () => {
    const scene = new Scene();
    const { T, config } = await scene.repository();
    await scene.put(config, "evil config");
    const { plan } = await scene.plan(T);
    const failure = await failureOf(scene.apply(plan, { accepted: new Set() }));
    expect(failure).toMatchObject({ kind: "refused", details: { accept: "unproven" } });
    expect(failure.hint).toContain("--accept unproven");
  });

  it("refuses while somebody holds a fresh lock, not for a dead one", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.hide(pack);
    const lock = await scene.restic("locks", "lock");
    const { plan } = await scene.plan(T);
    const failure = await failureOf(scene.apply(plan));
    expect(failure.kind).toBe("refused");
    expect(failure.problem).toContain(lock);
    scene.clock.pass(30);
    expect(await scene.apply(plan)).toMatchObject({ done: 1 });
  });

  it("writes nothing while versioning is suspended", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.hide(pack);
    const { plan } = await scene.plan(T);
    scene.store.setVersioning("suspended");
    const before = await scene.rows();
    expect((await failureOf(scene.apply(plan))).kind).toBe("refused");
    expect(await scene.rows()).toEqual(before);
  });

  it("writes nothing and names a key that was written since the plan", async () => {
    const scene = new Scene();
    const { T, pack, config } = await scene.repository();
    await scene.hide(pack, config);
    const { plan } = await scene.plan(T);
    await scene.put(pack, "again");
    const failure = await failureOf(scene.apply(plan));
    expect(failure.kind).toBe("bucket-changed");
    expect(failure.details).toMatchObject({ done: "0", changed: expect.stringContaining(pack) as string });
    expect((await scene.visible())[pack]).toBe("again");
  });

  it("writes nothing in a dry run and says what it would do", async () => {
    const scene = new Scene();
    const { T, all } = await scene.repository();
    await scene.hide(...all);
    const { plan } = await scene.plan(T);
    const before = await scene.rows();
    expect(await scene.apply(plan, { dryRun: true })).toMatchObject({ done: 6, journal: null });
    expect(await scene.rows()).toEqual(before);
  });

  it("goes on only while the evidence is whole", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.hide(pack);
    const { plan } = await scene.plan(T);
    const { name } = plan.header.evidence;
    await scene.state.replace(name, scene.text(`/state/${name}`).replace('"size":6', '"size":7'));
    expect((await failureOf(scene.apply(plan))).kind).toBe("damaged-file");
    scene.state.files.delete(name);
    expect((await failureOf(scene.apply(plan))).kind).toBe("damaged-file");
  });

  it("lifts a marker only when the journal that names it is on disk", async () => {
    const scene = new Scene();
    const { T, all } = await scene.repository();
    await scene.hide(...all);
    const { plan } = await scene.plan(T);
    const unnamed: string[] = [];
    const original = scene.store.liftMarkers.bind(scene.store);
    scene.store.liftMarkers = async (markers) => {
      const journals = [...scene.state.files].filter(([name]) => name.startsWith("journals/")).map(([, text]) => text);
      for (const { versionId } of markers) if (!journals.join("").includes(versionId)) unnamed.push(versionId);
      return await original(markers);
    };
    await scene.apply(plan);
    expect(unnamed).toEqual([]);
  });

  it("goes on with the others of a stage where the store refuses one object, and says which", async () => {
    const scene = new Scene();
    const { T, all, pack } = await scene.repository();
    await scene.hide(...all);
    const { plan } = await scene.plan(T);
    const original = scene.store.liftMarkers.bind(scene.store);
    scene.store.liftMarkers = async (markers) => {
      const outcomes = await original(markers.filter((marker) => marker.key !== pack));
      const refused = markers.filter((marker) => marker.key === pack);
      return [...outcomes, ...refused.map((row) => ({ ...row, error: { code: "InternalError", message: "busy" } }))];
    };
    const failure = await failureOf(scene.apply(plan));
    expect(failure.kind).toBe("stopped-half-way");
    expect(failure.details).toMatchObject({ done: "1", failed: "1" });
    expect(failure.details["failed objects"]).toContain(pack);
    scene.store.liftMarkers = original;
    expect(await scene.apply(plan)).toMatchObject({ done: 5, skipped: 1, failed: 0 });
  });

  it("passes over a journal that a crash tore, and stops at one that was edited", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    await scene.hide(pack);
    const { plan } = await scene.plan(T);
    const { journal } = await scene.apply(plan);
    const name = (journal ?? "").replace("/state/", "");
    const text = scene.text(name);
    await scene.state.replace(name, text.slice(0, -20));
    expect((await failureOf(scene.apply(plan))).problem).toBe("it was cut after it was closed");
    // A run that was killed had no time to close its journal.
    scene.state.files.delete(name.replace("journal.jsonl", "seal.json"));
    expect(await scene.apply(plan)).toMatchObject({ skipped: 1 });
    await scene.state.replace(name, text.replace('"done"', '"gone"'));
    expect((await failureOf(scene.apply(plan))).kind).toBe("damaged-file");
  });
});

describe("verifyRollback()", () => {
  it("names a key of which not one version is left", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    const { plan } = await scene.plan(T);
    await scene.store.destroyVersions((await scene.rows()).filter((row) => row.key === pack));
    expect((await scene.verify(plan)).differing).toEqual([{ key: pack, problem: "its history is gone" }]);
  });

  it("names what was written since", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const { plan } = await scene.plan(T);
    const late = await scene.restic("snapshots", "late");
    expect((await scene.verify(plan)).differing).toMatchObject([{ key: late }]);
  });
});
