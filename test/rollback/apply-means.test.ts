import { describe, expect, it } from "vitest";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { lookAt } from "../../src/rollback/look.ts";
import { planStem } from "../../src/rollback/plan-stem.ts";
import { writeReport } from "../../src/rollback/report.ts";
import { counting } from "../../src/store/counting-store.ts";
import { failure, failureOf, Scene } from "./scene.ts";

async function overwritten(objects: number): Promise<{ readonly scene: Scene; readonly keys: readonly ObjectKey[] }> {
  const scene = new Scene();
  await scene.repository();
  const keys: ObjectKey[] = [];
  for (let count = 0; count < objects; count++) keys.push(await scene.restic("data", `pack ${count} of many`));
  scene.target = scene.clock.now();
  scene.clock.pass(60);
  return { scene, keys };
}

describe("applyRollback(), by a key that may not lift markers,", () => {
  it("copies instead, and a later run by one that may finds nothing left to do", async () => {
    const { scene, keys } = await overwritten(3);
    const before = await scene.visible();
    await scene.hide(...keys);
    const { plan } = await scene.plan(scene.target);
    expect(plan.totals.actions).toMatchObject({ liftMarker: 3, copyVersion: 0 });
    const store = counting(scene.store);
    expect(await scene.apply(plan, { store, mayLift: false })).toMatchObject({ done: 3, failed: 0 });
    expect(store.counts()).toMatchObject({ copies: 3, lifted: 0 });
    expect(await scene.visible()).toEqual(before);
    expect(await scene.apply(plan, { mayLift: true })).toMatchObject({ done: 0, skipped: 3, changed: 0 });
  });

  it("asks the store where it was not told", async () => {
    const { scene, keys } = await overwritten(1);
    await scene.hide(...keys);
    const { plan } = await scene.plan(scene.target);
    scene.store.mayLiftMarkers = async () => await Promise.resolve(false);
    const store = counting(scene.store);
    await scene.apply(plan, { store });
    expect(store.counts()).toMatchObject({ copies: 1, lifted: 0 });
  });
});

describe("applyRollback()", () => {
  it("refuses while another process is at work on the plan, and names it", async () => {
    const { scene, keys } = await overwritten(1);
    await scene.hide(...keys);
    const { plan } = await scene.plan(scene.target);
    const lock = await scene.state.lock(`journals/${planStem(plan.header, plan.lastHash)}.lock`);
    const failure = await failureOf(scene.apply(plan));
    expect(failure.kind).toBe("refused");
    expect(failure.problem).toMatch(/process 1 is at work/);
    if (lock.kind === "held") await lock.release();
    expect(await scene.apply(plan)).toMatchObject({ done: 1 });
  });

  it("notices what somebody wrote between a step and the look after its stage", async () => {
    const { scene, keys } = await overwritten(2);
    const [first, second] = keys;
    if (first === undefined || second === undefined) throw new RangeError("keys");
    await scene.hide(first, second);
    const { plan } = await scene.plan(scene.target);
    const liftMarkers = scene.store.liftMarkers.bind(scene.store);
    scene.store.liftMarkers = async (markers) => {
      const outcomes = await liftMarkers(markers);
      await scene.put(first, "thief");
      return outcomes;
    };
    const failure = await failureOf(scene.apply(plan));
    expect(failure).toMatchObject({ kind: "bucket-changed", details: { done: "1" } });
    expect(failure.details["changed"]).toContain(first);
  });

  it("looks at a key again where the look at the bucket took long, and does not write what was written meanwhile", async () => {
    const { scene, keys } = await overwritten(2);
    const [first, second] = keys;
    if (first === undefined || second === undefined) throw new RangeError("keys");
    await scene.hide(first, second);
    const { plan } = await scene.plan(scene.target);
    const { store, clock } = scene;
    const listVersions = store.listVersions.bind(store);
    const rows = await scene.rows();
    let isFirst = true;
    store.listVersions = async function* (prefix, from) {
      yield* listVersions(prefix, from);
      if (prefix !== scene.prefix || !isFirst) return;
      isFirst = false;
      await scene.put(first, "an honest backup");
      clock.passMilliseconds(31_000);
    };
    const failure = await failureOf(scene.apply(plan));
    expect(failure).toMatchObject({ kind: "bucket-changed", details: { done: "1" } });
    const markers = (all: typeof rows) => all.filter((row) => row.key === first && row.kind === "marker").length;
    expect(markers(await scene.rows())).toBe(markers(rows));
  });

  it("lists the bucket once before and once after the writes where nothing was touched", async () => {
    const { scene, keys } = await overwritten(40);
    for (const key of keys) await scene.put(key, "junk");
    const { plan } = await scene.plan(scene.target);
    const store = counting(scene.store);
    await scene.apply(plan, { store });
    // locks/ is a listing too.
    expect(store.counts()).toMatchObject({ listings: 3, copies: 40, writes: 40 });
  });

  it("goes on after a break without reading the copies that were made", async () => {
    const { scene, keys } = await overwritten(30);
    for (const key of keys) await scene.put(key, "junk");
    const { plan } = await scene.plan(scene.target);
    const copyForward = scene.store.copyForward.bind(scene.store);
    let copies = 0;
    scene.store.copyForward = async (version) => {
      if (++copies > 20) throw failure("store-unreachable");
      return await copyForward(version);
    };
    expect((await failureOf(scene.apply(plan, { connections: 1 }))).kind).toBe("stopped-half-way");
    scene.store.copyForward = copyForward;
    const store = counting(scene.store);
    expect(await scene.apply(plan, { store })).toMatchObject({ done: 10, skipped: 20, changed: 0 });
    expect(store.counts()).toMatchObject({ reads: 0, copies: 10 });
  });
});

describe("lookAt()", () => {
  it.each([
    ["all of them", 1],
    ["every seventh", 7],
    ["one in a thousand", 1000],
  ])("finds %s, in no more listings than keys", async (_, step) => {
    const { scene, keys: unsorted } = await overwritten(3000);
    const keys = unsorted.toSorted().filter((_key, index) => index % step === 0);
    const absent = scene.key("data/zz");
    const store = counting(scene.store);
    const found = await lookAt([...keys, absent], { store, prefix: scene.key("data/"), connections: 4 });
    expect([...found.keys()].toSorted()).toEqual(keys);
    expect(store.counts().listings).toBeLessThanOrEqual(Math.ceil(keys.length / 4096) + 4);
  });
});

describe("writeReport()", () => {
  it("names hashes, key, counts and what is left to do by hand, in both forms", async () => {
    const { scene, keys } = await overwritten(2);
    await scene.hide(...keys);
    const { plan } = await scene.plan(scene.target);
    const { journal } = await scene.apply(plan);
    const counts = { done: 2, skipped: 0, failed: 0, changed: 0 };
    const times = { startedAt: scene.clock.now(), endedAt: scene.clock.now() };
    const hand = { role: "rescuer", accessKey: "AKEXAMPLE" };
    const cost = { requests: 9, retries: 1 };
    const rest = { changedKeys: [], journal, stopped: null, next: ["holdfast rollback verify home"] };
    const path = await writeReport(scene.state, { plan, counts, ...times, ...hand, ...cost, ...rest });
    const text = scene.text(path);
    for (const fact of [plan.lastHash, plan.header.evidence.sha256, "AKEXAMPLE", "2 done", "new repository", keys[0]]) {
      expect(text).toContain(fact);
    }
    const fields: unknown = JSON.parse(scene.text(path.replace(/md$/, "json")));
    expect(fields).toMatchObject({ type: "report", done: 2, requests: 9, keys: { liftMarker: keys.toSorted() } });
    expect(text).not.toContain("in all");
  });

  it("tells of a run that goes on what all runs did together", async () => {
    const { scene, keys } = await overwritten(2);
    await scene.hide(...keys);
    const { plan } = await scene.plan(scene.target);
    await scene.apply(plan);
    const { journal } = await scene.apply(plan);
    const counts = { done: 0, skipped: 2, failed: 0, changed: 0 };
    const times = { startedAt: scene.clock.now(), endedAt: scene.clock.now() };
    const hand = { role: "rescuer", accessKey: "AKEXAMPLE", requests: 1, retries: 0 };
    const rest = { changedKeys: [], journal, stopped: null, next: [] };
    const path = await writeReport(scene.state, { plan, counts, ...times, ...hand, ...rest });
    expect(scene.text(path)).toMatch(/in all 2 runs since .*: 2 of 2 steps are done or were right already/);
    const fields: unknown = JSON.parse(scene.text(path.replace(/md$/, "json")));
    expect(fields).toMatchObject({ done: 0, inAll: { runs: 2, settled: 2, steps: 2 } });
  });
});
