import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import type { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import { rollbackFile } from "../../src/rollback/file-names.ts";
import { goOnAs } from "../../src/rollback/apply.ts";
import { lockPlan } from "../../src/rollback/guard.ts";
import { successorsOf } from "../../src/rollback/plan-note.ts";
import type { NotedPlan } from "../../src/rollback/plan-note.ts";
import type { RollbackPlan } from "../../src/rollback/plan-file.ts";
import { prepareUndo, undoRollback } from "../../src/rollback/undo.ts";
import type { UndoRequest, UndoResult } from "../../src/rollback/undo.ts";
import { restorable } from "../../src/store/restorable-store.ts";
import type { RestorableStore } from "../../src/store/versioned-store.ts";
import { failureOf, Scene, sha256 } from "./scene.ts";

async function undo(scene: Scene, plan: RollbackPlan, more: Partial<UndoRequest> = {}): Promise<UndoResult> {
  const { store, clock, state } = scene;
  const request = { plan, store, clock, state, bucket: "backups", ...more };
  return await undoRollback(request, await prepareUndo(request));
}

/** A repository of which one pack is overwritten and the rest hidden, with a thief's objects on top. */
async function attacked(
  prepare: (of: { readonly store: MemoryStore; readonly key: ObjectKey; readonly clock: Clock }) => void = () =>
    undefined,
): Promise<{ scene: Scene; plan: RollbackPlan; pack: ObjectKey; evil: ObjectKey }> {
  const scene = new Scene();
  const { all, pack } = await scene.repository();
  prepare({ store: scene.store, clock: scene.clock, key: pack });
  const T = scene.clock.now();
  scene.clock.pass(1);
  await scene.put(pack, "junk");
  await scene.hide(...all.filter((key) => key !== pack));
  const evil = await scene.restic("data", "evil pack");
  await scene.restic("snapshots", "evil snapshot");
  scene.clock.pass(60);
  const { plan } = await scene.plan(T);
  return { scene, plan, pack, evil };
}

/** Why it was refused. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const { kind, problem } = await failureOf(work);
  expect(kind).toBe("refused");
  return problem;
}

/** Plans anew and notes that `plan` goes on as that. */
async function goneOn(scene: Scene, plan: RollbackPlan): Promise<NotedPlan> {
  const { plan: other, result } = await scene.plan(plan.header.to);
  const successor = { plan: other, name: rollbackFile("plan", result.name ?? "") };
  await goOnAs(scene.state, plan, successor);
  return successor;
}

async function versions(scene: Scene): Promise<readonly string[]> {
  return (await scene.rows()).filter(({ kind }) => kind === "version").map((row) => `${row.key} ${row.versionId}`);
}

/** Breaks off at one of its writes, before or after the store has done it. */
function breaking(
  inner: RestorableStore,
  { writesLeft, isDone }: { writesLeft: number; isDone: boolean },
): RestorableStore {
  let left = writesLeft;
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    if (--left >= 0) return await work();
    if (isDone) await work();
    throw new Failure({ kind: "store-unreachable", action: "write", subject: "bucket", problem: "reset", hint: "" });
  };
  return {
    ...restorable(inner),
    copyForward: async (version) => await write(async () => await inner.copyForward(version)),
    hide: async (keys) => await write(async () => await inner.hide(keys)),
    liftMarkers: async (markers) => await write(async () => await inner.liftMarkers(markers)),
  };
}

describe("undoRollback()", () => {
  it("shows each key what it showed before apply, and removes no data version", async () => {
    const { scene, plan } = await attacked();
    const before = await scene.visible();
    await scene.apply(plan);
    const kept = await versions(scene);
    scene.clock.pass(1);
    expect(await undo(scene, plan)).toMatchObject({ done: 8, failed: 0, changed: 0 });
    expect(await scene.visible()).toEqual(before);
    expect(await versions(scene)).toEqual(expect.arrayContaining([...kept]));
    expect(await undo(scene, plan)).toMatchObject({ done: 0, skipped: 8 });
  });

  it("leaves and names a key that somebody has written since, and undoes the rest", async () => {
    const { scene, plan, pack, evil } = await attacked();
    await scene.apply(plan);
    await scene.put(pack, "an honest backup");
    const result = await undo(scene, plan);
    expect(result).toMatchObject({ done: 7, changed: 1, changedKeys: [{ key: pack }] });
    expect((await scene.visible())[pack]).toBe("an honest backup");
    expect((await scene.visible())[evil]).toBe("evil pack");
  });

  it("copies where the key may not lift markers", async () => {
    const { scene, plan, evil } = await attacked();
    await scene.apply(plan);
    scene.store.mayLiftMarkers = async () => await Promise.resolve(false);
    scene.store.liftMarkers = async () => await Promise.reject(new Error("lifted"));
    expect(await undo(scene, plan)).toMatchObject({ failed: 0 });
    expect((await scene.visible())[evil]).toBe("evil pack");
  });

  it("makes a plan that apply refuses: only undo holds the lock and leaves the note", async () => {
    const { scene, plan } = await attacked();
    await scene.apply(plan);
    const { store, clock, state } = scene;
    const { undo: prepared } = await prepareUndo({ plan, store, clock, state, bucket: "backups" });
    const before = await scene.rows();
    expect(await failureOf(scene.apply(prepared.plan))).toMatchObject({ kind: "refused" });
    expect(await scene.rows()).toEqual(before);
  });

  it("refuses where nothing was applied, and an undone plan is not applied again", async () => {
    const { scene, plan } = await attacked();
    expect(await failureOf(undo(scene, plan))).toMatchObject({ kind: "refused" });
    await scene.apply(plan);
    await undo(scene, plan);
    const failure = await failureOf(scene.apply(plan));
    expect(failure).toMatchObject({ kind: "refused" });
    expect(failure.hint).toContain("rollback plan home --to");
  });

  it("takes back first what a plan went on as, then the plan: the state before both", async () => {
    const { scene, plan, evil } = await attacked();
    const before = await scene.visible();
    scene.store.hide = async () =>
      await Promise.reject(
        new Failure({ kind: "store-unreachable", action: "hide", subject: "b", problem: "", hint: "" }),
      );
    await failureOf(scene.apply(plan));
    Reflect.deleteProperty(scene.store, "hide");
    await scene.put(evil, "written again");
    scene.clock.pass(1);
    const { plan: other } = await goneOn(scene, plan);
    await scene.apply(other);
    expect(await failureOf(undo(scene, plan))).toMatchObject({ kind: "refused" });
    await undo(scene, other);
    expect(await undo(scene, plan)).toMatchObject({ failed: 0 });
    expect(await scene.visible()).toEqual({ ...before, [evil]: "written again" });
  });

  it("writes no more once it has come to its end, whatever was rolled back since", async () => {
    const { scene, plan } = await attacked();
    await scene.apply(plan);
    await undo(scene, plan);
    scene.clock.pass(1);
    await scene.apply((await scene.plan(plan.header.to)).plan);
    const rows = await scene.rows();
    expect(await refusal(undo(scene, plan))).toContain("it was undone");
    expect(await scene.rows()).toEqual(rows);
  });

  it("refuses while what the plan went on as is being applied, and after it", async () => {
    const { scene, plan } = await attacked();
    await scene.apply(plan);
    await scene.restic("data", "written since");
    const { plan: other } = await goneOn(scene, plan);
    const { store, clock, state } = scene;
    const request = { plan, store, clock, state, bucket: "backups" };
    const prepared = await prepareUndo(request);
    const applying = await lockPlan(other, state);
    expect(await refusal(undoRollback(request, prepared))).toContain("at work on this plan");
    await applying.release();
    await scene.apply(other);
    const rows = await scene.rows();
    expect(await refusal(undoRollback(request, prepared))).toContain("went on as");
    expect(await scene.rows()).toEqual(rows);
  });

  it("lets a plan go on as one other only, and as none once it is undone", async () => {
    const { scene, plan } = await attacked();
    await scene.apply(plan);
    const first = await goneOn(scene, plan);
    expect(await refusal(goneOn(scene, plan))).toContain("went on as");
    expect((await successorsOf(scene.state, plan)).map(({ name }) => name)).toEqual([first.name]);
    await undo(scene, plan);
    expect(await successorsOf(scene.state, plan)).toEqual([]);
    expect(await refusal(goneOn(scene, plan))).toContain("undone");
  });

  it("shows again what had the id null, though a write while versioning was off took its place", async () => {
    const scene = new Scene();
    const { T, pack } = await scene.repository();
    scene.store.setVersioning("suspended");
    await scene.put(pack, "junk as null");
    scene.store.setVersioning("enabled");
    const { plan } = await scene.plan(T);
    const copyForward = scene.store.copyForward.bind(scene.store);
    scene.store.copyForward = async (version) => {
      scene.store.setVersioning("suspended");
      return await copyForward(version);
    };
    expect(await refusal(scene.apply(plan))).toContain("switched off");
    Object.assign(scene.store, { copyForward });
    scene.store.setVersioning("enabled");
    expect((await scene.visible())[pack]).toBe("pack 1");
    expect(await undo(scene, plan)).toMatchObject({ done: 1, failed: 0, changed: 0 });
    expect((await scene.visible())[pack]).toBe("junk as null");
  });

  it("leaves a key with a write of the same length where the store tells no ETags", async () => {
    const { scene, plan, pack } = await attacked(({ store, key, clock }) => {
      const row = {
        kind: "version",
        key,
        versionId: versionId("bare"),
        lastModified: clock.now(),
        owner: null,
      } as const;
      const bytes = Buffer.from("pack 1");
      store.inject({ ...row, size: bytes.length, etag: "", storageClass: null, checksums: null }, bytes);
    });
    await scene.apply(plan);
    const row = { kind: "version", key: pack, versionId: versionId("late"), owner: null } as const;
    const rest = { lastModified: scene.clock.now(), size: 6, etag: "", storageClass: null, checksums: null };
    scene.store.inject({ ...row, ...rest }, Buffer.from("honest"));
    expect(await undo(scene, plan)).toMatchObject({ changedKeys: [{ key: pack }] });
    expect((await scene.visible())[pack]).toBe("honest");
  });

  it("comes to the state before apply also after a half-way apply, broken off at any write and run again", async () => {
    const where = fc.record({ writesLeft: fc.nat({ max: 9 }), isDone: fc.boolean() });
    const deed = fc.record({ does: fc.constantFrom("store", "hide", "overwrite", "null"), what: fc.nat({ max: 7 }) });
    let broken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 25 }), where, where, async (deeds, first, second) => {
        const scene = new Scene();
        const { T } = await scene.repository();
        for (const { does, what } of deeds) {
          const content = `content ${what}`;
          const name = sha256(content);
          const key = scene.key(what % 2 === 0 ? `data/${name.slice(0, 2)}/${name}` : `snapshots/${name}`);
          scene.clock.pass(1);
          if (does === "null") scene.store.setVersioning("suspended");
          if (does === "hide") await scene.hide(key);
          else await scene.put(key, does === "store" ? content : `junk ${what}`);
          scene.store.setVersioning("enabled");
        }
        scene.clock.pass(60);
        const before = await scene.visible();
        const { plan } = await scene.plan(T);
        await scene.apply(plan, { store: breaking(scene.store, first) }).catch(() => broken++);
        const kept = await versions(scene);
        scene.clock.pass(1);
        const wasApplied = [...scene.state.files].some(
          ([name, text]) => name.includes("journal") && text.includes('"intent"'),
        );
        if (!wasApplied) return;
        await undo(scene, plan, { store: breaking(scene.store, second) }).catch(() => broken++);
        expect(await undo(scene, plan)).toMatchObject({ failed: 0, changed: 0 });
        expect(await scene.visible()).toEqual(before);
        expect(await versions(scene)).toEqual(expect.arrayContaining([...kept]));
      }),
      { numRuns: 300 },
    );
    expect(broken).toBeGreaterThan(30);
  });
});
