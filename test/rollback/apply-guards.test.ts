import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { acceptWords, planWords } from "../../src/rollback/accept.ts";
import { copiesAhead } from "../../src/rollback/run-stage.ts";
import { failure, failureOf, Scene } from "./scene.ts";

/** Does `deed` once, just before the first call of `method`. */
function before(scene: Scene, method: "hide" | "copyForward" | "liftMarkers", deed: () => unknown): void {
  let isDone = false;
  const once = async (): Promise<void> => {
    if (isDone) return;
    isDone = true;
    await deed();
  };
  const { store } = scene;
  const inner = store[method].bind(store) as (of: unknown) => Promise<unknown>;
  Object.assign(store, {
    [method]: async (of: unknown) => {
      await once();
      return await inner(of);
    },
  });
}

async function contents(scene: Scene): Promise<readonly string[]> {
  const all: string[] = [];
  for (const row of await scene.rows()) {
    if (row.kind === "marker") continue;
    const content = await scene.store.read(row.key, row.versionId);
    for await (const chunk of content?.bytes ?? []) all.push(Buffer.from(chunk).toString());
  }
  return all;
}

/** A repository of which all is hidden, and a thief's pack and snapshot that came later. */
async function attacked(): Promise<{ scene: Scene; all: readonly ObjectKey[]; pack: ObjectKey; evil: ObjectKey }> {
  const scene = new Scene();
  const { T, all, pack } = await scene.repository();
  await scene.hide(...all);
  const evil = await scene.restic("data", "evil pack");
  await scene.restic("snapshots", "evil snapshot");
  scene.clock.pass(5);
  scene.target = T;
  return { scene, all, pack, evil };
}

describe("applyRollback(), when versioning is suspended under way,", () => {
  it("asks before each group of copies and stops", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const packs: ObjectKey[] = [];
    for (let count = 0; count < copiesAhead + 6; count++) packs.push(await scene.restic("data", `pack ${count} more`));
    const later = scene.clock.now();
    scene.clock.pass(1);
    for (const pack of packs) await scene.put(pack, "junk");
    const { plan } = await scene.plan(later);
    expect(later).toBeGreaterThan(T);
    let copies = 0;
    const copyForward = scene.store.copyForward.bind(scene.store);
    scene.store.copyForward = async (version) => {
      if (++copies === copiesAhead) scene.store.setVersioning("suspended");
      return await copyForward(version);
    };
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "refused" });
    expect(copies).toBe(copiesAhead);
  });

  it.each(["tells the id of a copy", "does not"])(
    "stops at copies that came out under the id null where the store %s",
    async (how) => {
      const scene = new Scene();
      const copyForward = scene.store.copyForward.bind(scene.store);
      scene.store.copyForward = async (version) => {
        const made = await copyForward(version);
        return how === "does not" ? { versionId: null } : made;
      };
      const { T, pack } = await scene.repository();
      await scene.put(pack, "junk");
      await scene.restic("data", "later");
      const { plan } = await scene.plan(T);
      before(scene, "copyForward", () => {
        scene.store.setVersioning("suspended");
      });
      const versioning = scene.store.versioning.bind(scene.store);
      let asked = 0;
      scene.store.versioning = async () => (++asked > 3 ? "enabled" : await versioning());
      const failure = await failureOf(scene.apply(plan));
      expect(failure).toMatchObject({ kind: "refused", details: { done: "1" } });
      expect(failure.problem).toMatch(/switched off under way/);
      expect(Object.values(await scene.visible())).toContain("later");
    },
  );

  it("stops at a marker that came out under the id null", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    await scene.restic("snapshots", "later snapshot");
    const late = await scene.restic("data", "later");
    const { plan } = await scene.plan(T);
    before(scene, "hide", () => {
      scene.store.setVersioning("suspended");
    });
    const failure = await failureOf(scene.apply(plan));
    expect(failure).toMatchObject({ kind: "refused", details: { done: "1" } });
    expect((await scene.visible())[late]).toBe("later");
  });

  it.each(["hidden", "overwritten by the right version"])(
    "keeps the bytes of a version with the id null that was to be %s",
    async (fate) => {
      const scene = new Scene();
      const { T, pack } = await scene.repository();
      const key = fate === "hidden" ? scene.key("README") : pack;
      scene.store.setVersioning("suspended");
      await scene.put(key, "written as null");
      scene.store.setVersioning("enabled");
      const { plan, result, steps } = await scene.plan(T);
      expect(steps[0]?.reason).toMatch(/has the id null and is copied forward first/);
      expect(result.requests).toBe(2);
      const switchOff = (): void => {
        scene.store.setVersioning("suspended");
      };
      before(scene, "hide", switchOff);
      before(scene, "copyForward", switchOff);
      await failureOf(scene.apply(plan));
      expect(await contents(scene)).toContain("written as null");
      scene.store.setVersioning("enabled");
      await scene.apply((await scene.plan(T)).plan);
      expect(Object.keys(await scene.visible())).toHaveLength(6);
      expect((await scene.visible())[pack]).toBe("pack 1");
    },
  );

  it.each(["hidden", "overwritten by the right version", "copied, as its marker may not be lifted"])(
    "keeps the bytes of a null version below what is %s",
    async (fate) => {
      const scene = new Scene();
      const { T, key, mayLift, atT } = await aboveNull(scene, fate);
      const { plan, steps } = await scene.plan(T);
      expect(steps[0]).toMatchObject({ key, nullBelow: { versionId: "null" } });
      const switchOff = (): void => {
        scene.store.setVersioning("suspended");
      };
      before(scene, "hide", switchOff);
      before(scene, "copyForward", switchOff);
      await failureOf(scene.apply(plan, { mayLift }));
      expect(await contents(scene)).toContain("written as null");
      scene.store.setVersioning("enabled");
      await scene.apply((await scene.plan(T)).plan, { mayLift });
      expect(await scene.visible()).toEqual(atT);
    },
  );

  it.each(["hidden", "overwritten by the right version", "copied, as its marker may not be lifted"])(
    "goes on where it stopped after a null version below was given an id and before the key was %s",
    async (fate) => {
      const scene = new Scene();
      const { T, mayLift, atT } = await aboveNull(scene, fate);
      const { plan } = await scene.plan(T);
      const [hide, copyForward] = [scene.store.hide.bind(scene.store), scene.store.copyForward.bind(scene.store)];
      scene.store.hide = async () => await Promise.reject(unreachable());
      scene.store.copyForward = async () => await Promise.reject(unreachable());
      expect((await failureOf(scene.apply(plan, { mayLift }))).kind).toBe("stopped-half-way");
      Object.assign(scene.store, { hide, copyForward });
      expect(await scene.apply(plan, { mayLift })).toMatchObject({ done: 1, failed: 0, changed: 0 });
      expect(await scene.visible()).toEqual(atT);
    },
  );

  it("goes on where it stopped between giving a null version an id and hiding it", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    scene.store.setVersioning("suspended");
    await scene.put(scene.key("README"), "written as null");
    scene.store.setVersioning("enabled");
    const { plan } = await scene.plan(T);
    const hide = scene.store.hide.bind(scene.store);
    scene.store.hide = async () => await Promise.reject(unreachable());
    expect((await failureOf(scene.apply(plan))).kind).toBe("stopped-half-way");
    scene.store.hide = hide;
    expect(await scene.apply(plan)).toMatchObject({ done: 1, failed: 0, changed: 0 });
  });
});

/** A key whose version with the id `null` lies below the one that shows, or below its marker. */
async function aboveNull(scene: Scene, fate: string) {
  scene.store.setVersioning("suspended");
  const isHidden = fate === "hidden";
  const key = isHidden ? scene.key("README") : await scene.restic("data", "a pack in parts");
  await scene.put(key, "written as null");
  scene.store.setVersioning("enabled");
  if (isHidden) await scene.hide(key);
  else await scene.put(key, "a pack in parts");
  const { T } = await scene.repository();
  const atT = await scene.visible();
  if (fate.startsWith("copied")) await scene.hide(key);
  else await scene.put(key, "junk");
  return { T, atT, key, mayLift: !fate.startsWith("copied") };
}

describe("applyRollback(), when the bucket changed since the plan,", () => {
  it("hides no pack that a later backup rests on: it stops before the first write and names what is new", async () => {
    const { scene } = await attacked();
    const { plan } = await scene.plan(scene.target);
    const snapshot = await scene.restic("snapshots", "a backup that rests on the evil pack");
    const rows = await scene.rows();
    for (const dryRun of [true, false]) {
      const failure = await failureOf(scene.apply(plan, { dryRun }));
      expect(failure).toMatchObject({ kind: "bucket-changed", details: { done: "0" } });
      expect(failure.details["changed"]).toContain(snapshot);
      expect(failure.problem).toBe("1 object was written since the plan; nothing was written by this run");
    }
    expect(await scene.rows()).toEqual(rows);
    expect([...scene.state.files.keys()].filter((name) => name.startsWith("journals/"))).toEqual([]);
  });

  it("goes on with --accept changed, leaves what is new alone and names it", async () => {
    const { scene } = await attacked();
    const { plan } = await scene.plan(scene.target);
    const snapshot = await scene.restic("snapshots", "later");
    const result = await scene.apply(plan, { accepted: new Set(acceptWords) });
    expect(result).toMatchObject({ done: 8, changed: 1, changedKeys: [{ key: snapshot }] });
    expect((await scene.visible())[snapshot]).toBe("later");
  });

  it.each<[string, (scene: Scene, key: ObjectKey) => Promise<unknown>]>([
    ["overwrites", async (scene, key) => await scene.put(key, "junk")],
    ["hides", async (scene, key) => await scene.hide(key)],
  ])("stops where somebody %s a key that the plan keeps", async (_, deed) => {
    const scene = new Scene();
    const { T, pack, config } = await scene.repository();
    await scene.hide(pack);
    const { plan } = await scene.plan(T);
    await deed(scene, config);
    expect((await failureOf(scene.apply(plan))).details["changed"]).toContain(config);
  });

  it("takes what an earlier run of the plan did for no change", async () => {
    const { scene, pack } = await attacked();
    await scene.put(pack, "junk");
    const { plan } = await scene.plan(scene.target);
    await scene.apply(plan);
    expect(await scene.apply(plan)).toMatchObject({ done: 0, changed: 0 });
    await scene.put(pack, "jUnk");
    expect((await failureOf(scene.apply(plan))).details["changed"]).toContain(pack);
  });

  it("takes no offence at a noncurrent version that a lifecycle rule removed", async () => {
    const scene = new Scene();
    const { T, pack, config } = await scene.repository();
    await scene.put(config, "config");
    await scene.hide(pack);
    const { plan } = await scene.plan(T);
    const old = (await scene.rows()).findLast((row) => row.key === config);
    await scene.store.destroyVersions(old === undefined ? [] : [old]);
    expect(await scene.apply(plan)).toMatchObject({ done: 1 });
  });

  it("asks for fresh locks again before each stage that hides", async () => {
    const { scene, evil } = await attacked();
    const { plan } = await scene.plan(scene.target);
    before(scene, "liftMarkers", async () => await scene.restic("locks", "a backup begins"));
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "refused", details: { done: "6" } });
    expect((await scene.visible())[evil]).toBe("evil pack");
  });
});

describe("applyRollback(), when a stage does not come out whole,", () => {
  it("begins no later stage: nothing that points to data comes back, nothing is hidden", async () => {
    const { scene, pack, evil } = await attacked();
    const { plan } = await scene.plan(scene.target);
    const liftMarkers = scene.store.liftMarkers.bind(scene.store);
    scene.store.liftMarkers = async (markers) => {
      const rest = markers.filter(({ key }) => key !== pack);
      const error = { code: "SlowDown", message: "later" };
      return [...(await liftMarkers(rest)), { key: pack, versionId: null, error }];
    };
    const failure = await failureOf(scene.apply(plan));
    expect(failure).toMatchObject({ kind: "stopped-half-way", details: { done: "1", failed: "1" } });
    expect(failure.details["failed objects"]).toContain(pack);
    expect(Object.keys(await scene.visible())).toHaveLength(3);
    expect((await scene.visible())[evil]).toBe("evil pack");
  });

  it("stops also where a key changed under way, unless that is accepted", async () => {
    for (const accepted of [planWords, acceptWords]) {
      const { scene, all } = await attacked();
      const index = all[4] ?? scene.key("index");
      const { plan } = await scene.plan(scene.target);
      before(scene, "liftMarkers", async () => await scene.put(index, "thief"));
      const applied = scene.apply(plan, { accepted: new Set(accepted) });
      if (accepted === acceptWords) expect(await applied).toMatchObject({ done: 7, changed: 1 });
      else {
        expect(await failureOf(applied)).toMatchObject({ kind: "bucket-changed", details: { done: "2" } });
        expect(Object.keys(await scene.visible())).toHaveLength(5);
      }
    }
  });

  it("ends as store-denied, naming role and right, where all that failed was refused for want of a right", async () => {
    const { scene } = await attacked();
    const { plan } = await scene.plan(scene.target);
    const error = { code: "AccessDenied", message: "no" };
    scene.store.liftMarkers = async (markers) =>
      await Promise.resolve(markers.map(({ key }) => ({ key, versionId: null, error })));
    const failure = await failureOf(scene.apply(plan, { role: "pruner" }));
    expect(failure).toMatchObject({ kind: "store-denied", details: { needs: "s3:DeleteObjectVersion", failed: "2" } });
    expect(failure.hint).toContain("pruner");
  });

  it("ends as store-denied where the store refuses the key half-way, with the counts", async () => {
    const { scene } = await attacked();
    const { plan } = await scene.plan(scene.target);
    scene.store.hide = async () => await Promise.reject(failure("store-denied"));
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "store-denied", details: { done: "6" } });
  });
});

describe("applyRollback(), when the disk of the state folder is full,", () => {
  it("stops half-way with the counts, and goes on when there is room", async () => {
    const { scene } = await attacked();
    const { plan } = await scene.plan(scene.target);
    for (const when of ["under way", "at the end"]) {
      const resetDisk = fillDisk(scene, when === "under way" ? '"stage 3"' : '"type":"end"');
      const stopped = await failureOf(scene.apply(plan));
      expect(stopped).toMatchObject({ kind: "stopped-half-way", details: { failed: "0" } });
      expect(stopped.hint).toMatch(/^Make room/);
      resetDisk();
    }
    expect(await scene.apply(plan)).toMatchObject({ done: 0, skipped: 8 });
  });
});

/** From the first line on that holds `text`, or from the third intent, nothing can be written, flushed or closed. */
function fillDisk({ state }: Scene, text: string): () => void {
  const create = state.create.bind(state);
  let isFull = false;
  let intents = 0;
  const room = async (): Promise<void> => {
    if (isFull) throw failure("state-unwritable");
    await Promise.resolve();
  };
  state.create = async (name) => {
    const file = await create(name);
    return {
      path: file.path,
      write: async (line) => {
        if (line.includes('"intent"')) intents++;
        isFull ||= line.includes(text) || (text.includes("stage") && intents === 3);
        await room();
        await file.write(line);
      },
      flush: room,
      close: room,
    };
  };
  return () => (state.create = create);
}

function unreachable(): Failure {
  return failure("store-unreachable");
}
