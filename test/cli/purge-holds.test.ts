import { describe, expect, it } from "vitest";
import { addMilliseconds, type Instant } from "../../src/base/instant.ts";
import { purgeHolds, purgeWatch } from "../../src/cli/purge-holds.ts";
import { updateRecord } from "../../src/retention/record-file.ts";
import { withCheck } from "../../src/retention/record-run.ts";
import { withHold } from "../../src/retention/record.ts";
import type { RollbackPlan } from "../../src/rollback/plan-file.ts";
import { storeWith } from "../doubles/store-doubles.ts";
import { failure, failureOf, Scene } from "../rollback/scene.ts";

const since = 0 as Instant;

async function rulesOf(scene: Scene, from = since): Promise<readonly string[]> {
  return (await purgeHolds(scene.state, { repository: "home", since: from })).map(({ rule }) => rule);
}

/** A rollback that broke off at its first write. */
async function halfWay(): Promise<{ readonly scene: Scene; readonly plan: RollbackPlan }> {
  const scene = new Scene();
  const { T, all } = await scene.repository();
  await scene.hide(...all);
  const { plan } = await scene.plan(T, { keepMarkers: true });
  const store = storeWith(scene.store, { copyForward: () => Promise.reject(failure("store-unreachable")) });
  await failureOf(scene.apply(plan, { store }));
  return { scene, plan };
}

describe("purgeHolds()", () => {
  it("finds nothing on a host that knows nothing", async () => {
    expect(await rulesOf(new Scene())).toEqual([]);
  });

  it("finds a hold, and findings that nobody has settled", async () => {
    const scene = new Scene();
    const place = { state: scene.state, repository: "home", clock: scene.clock };
    const finding = {
      id: "new-key-1",
      rail: "new-key",
      subject: "keys/1",
      evidence: "new",
      foundAt: scene.clock.now(),
    };
    await updateRecord(place, (record) => ({
      ...withHold(record, "look first", scene.clock.now()),
      findings: [finding],
    }));
    expect(await purgeHolds(scene.state, { repository: "home", since })).toMatchObject([
      { rule: "hold", remedy: /holdfast release home/, evidence: /look first/ },
      { rule: "new-key", subject: "keys/1", remedy: /--finding new-key-1/ },
    ]);
    expect(await purgeHolds(scene.state, { repository: "nas", since })).toEqual([]);
  });

  it("finds a check that found errors, until one finds none", async () => {
    const scene = new Scene();
    const place = { state: scene.state, repository: "home", clock: scene.clock };
    const check = { at: scene.clock.now(), errors: 2, readData: null };
    await updateRecord(place, (record) => withCheck(record, check));
    expect(await purgeHolds(scene.state, { repository: "home", since })).toMatchObject([
      { rule: "check-failed", evidence: /2/, remedy: /holdfast check home$/ },
    ]);
    await updateRecord(place, (record) => withCheck(record, { ...check, errors: 0 }));
    expect(await rulesOf(scene)).toEqual([]);
  });

  it("finds a rollback that stands half-way, until it has ended", async () => {
    const { scene, plan } = await halfWay();
    expect(await rulesOf(scene)).toEqual(["rollback-half-way"]);
    await scene.apply(plan);
    expect(await rulesOf(scene)).toEqual([]);
  });

  it("passes over one that was begun before the window", async () => {
    const { scene } = await halfWay();
    expect(await rulesOf(scene, addMilliseconds(scene.clock.now(), 1))).toEqual([]);
  });

  it("passes over plans that were made or carried out", async () => {
    const scene = new Scene();
    const { T, all } = await scene.repository();
    await scene.hide(...all);
    const { plan } = await scene.plan(T);
    expect(await rulesOf(scene)).toEqual([]);
    await scene.apply(plan);
    expect(await rulesOf(scene)).toEqual([]);
  });

  it("finds a plan that cannot be read: nobody can tell what it has done", async () => {
    const { scene } = await halfWay();
    for (const [name, text] of scene.state.files) {
      if (name.startsWith("plans/")) scene.state.files.set(name, text.replace("home", "hose"));
    }
    expect(await rulesOf(scene)).toEqual(["rollback-unreadable"]);
  });
});

describe("purgeWatch()", () => {
  it("finds what comes while a purge runs: a hold, and a rollback that is begun", async () => {
    const scene = new Scene();
    const watch = purgeWatch(scene.state, { repository: "home", since });
    expect(await watch()).toEqual([]);
    const { T, all } = await scene.repository();
    await scene.hide(...all);
    const { plan } = await scene.plan(T, { keepMarkers: true });
    expect(await watch()).toEqual([]);
    const store = storeWith(scene.store, { copyForward: () => Promise.reject(failure("store-unreachable")) });
    await failureOf(scene.apply(plan, { store }));
    expect(await watch()).toMatchObject([{ rule: "rollback-half-way" }]);
    const place = { state: scene.state, repository: "home", clock: scene.clock };
    await updateRecord(place, (record) => withHold(record, "look first", scene.clock.now()));
    expect(await watch()).toMatchObject([{ rule: "hold" }, { rule: "rollback-half-way" }]);
  });
});
