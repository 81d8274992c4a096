import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { prepareUndo, undoRollback } from "../../src/rollback/undo.ts";
import type { UndoResult } from "../../src/rollback/undo.ts";
import { restorable } from "../../src/store/restorable-store.ts";
import type { RestorableStore } from "../../src/store/versioned-store.ts";
import { Scene, sha256 } from "./scene.ts";

/** What is done to one of a few keys, with versioning on or suspended. */
interface Deed {
  readonly does: "store" | "hide" | "overwrite";
  readonly isNull: boolean;
  readonly what: number;
}

const deeds = fc.array(
  fc.record<Deed>({
    does: fc.constantFrom("store", "hide", "overwrite"),
    isNull: fc.boolean(),
    what: fc.nat({ max: 5 }),
  }),
  { maxLength: 14 },
);

async function perform(scene: Scene, { does, isNull, what }: Deed): Promise<void> {
  scene.clock.passMilliseconds(1);
  const content = `content ${what}`;
  const name = sha256(content);
  const path = what % 2 === 0 ? `data/${name.slice(0, 2)}/${name}` : `snapshots/${name}`;
  const key = scene.key(what === 5 ? "notes/readme.txt" : path);
  scene.store.setVersioning(isNull ? "suspended" : "enabled");
  if (does === "store") await scene.put(key, content);
  else if (does === "overwrite") await scene.put(key, `junk over ${content}`);
  else if ((await scene.rows()).some((row) => row.key === key)) await scene.hide(key);
  scene.store.setVersioning("enabled");
}

/** Every content that some version of a key holds. */
async function contents(scene: Scene): Promise<ReadonlySet<string>> {
  const held = new Set<string>();
  for (const { kind, key, versionId } of await scene.rows()) {
    const content = kind === "version" ? await scene.store.read(key, versionId) : null;
    const parts: Uint8Array[] = [];
    for await (const part of content?.bytes ?? []) parts.push(part);
    if (content !== null) held.add(`${key} ${Buffer.concat(parts).toString()}`);
  }
  return held;
}

async function lost(scene: Scene, before: ReadonlySet<string>): Promise<readonly string[]> {
  const now = await contents(scene);
  return [...before].filter((content) => !now.has(content));
}

interface Trouble {
  /** Writes until one breaks off, before or after the store has done it. */
  readonly writesLeft: number;
  readonly isDone: boolean;
  /** Writes until somebody suspends versioning; -1 for never. */
  readonly suspendedAfter: number;
  /** Whether the store tells the ids of its copies. */
  readonly tells: boolean;
  readonly mayLift: boolean;
  /** Whether the look at the whole bucket is too old to rely on when the stages begin. */
  readonly isSlow: boolean;
}

const trouble = fc.record<Trouble>({
  writesLeft: fc.nat({ max: 10 }),
  isDone: fc.boolean(),
  suspendedAfter: fc.integer({ min: -1, max: 8 }),
  tells: fc.boolean(),
  mayLift: fc.boolean(),
  isSlow: fc.boolean(),
});
const calm = { writesLeft: Number.POSITIVE_INFINITY, suspendedAfter: -1 };

function troubled(scene: Scene, { writesLeft, isDone, suspendedAfter, tells, mayLift, isSlow }: Trouble) {
  const inner = scene.store;
  let [left, calmWrites] = [writesLeft, suspendedAfter];
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    if (calmWrites-- === 0) inner.setVersioning("suspended");
    if (--left >= 0) return await work();
    if (isDone) await work();
    throw new Failure({ kind: "store-unreachable", action: "write", subject: "bucket", problem: "reset", hint: "" });
  };
  const store: RestorableStore = {
    ...restorable(inner),
    put: async (key: ObjectKey, bytes) => await write(async () => await inner.put(key, bytes)),
    copyForward: async (version) => {
      const made = await write(async () => await inner.copyForward(version));
      return tells ? made : { versionId: null };
    },
    hide: async (keys) => await write(async () => await inner.hide(keys)),
    liftMarkers: async (markers) => await write(async () => await inner.liftMarkers(markers)),
    mayLiftMarkers: async () => {
      if (isSlow) scene.clock.pass(1);
      return await Promise.resolve(mayLift);
    },
  };
  return store;
}

/** Null where it stopped; what stops it is told as a failure. */
async function attempted<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

describe.each(["on throughout", "suspended by somebody under way"])("with versioning %s", (how) => {
  const arranged = (seen: Trouble): Trouble => (how === "on throughout" ? { ...seen, suspendedAfter: -1 } : seen);

  it("a rollback and its undo lose no bytes wherever they break off, and run again come to their end", async () => {
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(deeds, deeds, trouble, trouble, async (before, after, first, second) => {
        const scene = new Scene();
        await scene.repository();
        // What is wrong at T already no rollback mends.
        for (const one of before) if (one.what === 5 || one.does !== "overwrite") await perform(scene, one);
        const T = scene.clock.now();
        scene.clock.passMilliseconds(1);
        for (const one of after) await perform(scene, one);
        scene.clock.pass(60);
        const [held, shown] = [await contents(scene), await scene.visible()];
        const { plan } = await scene.plan(T);

        const apply = async (seen: Trouble) => await attempted(scene.apply(plan, { store: troubled(scene, seen) }));
        await apply(arranged(first));
        expect(await lost(scene, held)).toEqual([]);
        scene.store.setVersioning("enabled");
        scene.clock.pass(1);
        const applied = await apply({ ...second, ...calm });
        expect(await lost(scene, held)).toEqual([]);
        if (how === "on throughout") expect(applied).toMatchObject({ failed: 0, changed: 0 });
        if (applied !== null) {
          const named = new Set<string>(plan.unrecoverable.map(({ key }) => key));
          const { differing } = await scene.verify(plan);
          expect(differing.filter(({ key }) => !named.has(key))).toEqual([]);
        }

        const undo = async (seen: Trouble): Promise<UndoResult | null> => {
          const { clock, state } = scene;
          const request = { plan, clock, state, bucket: "backups", store: troubled(scene, seen) };
          return await attempted(prepareUndo(request).then(async (made) => await undoRollback(request, made)));
        };
        const heldThen = await contents(scene);
        await undo(arranged(second));
        expect(await lost(scene, heldThen)).toEqual([]);
        scene.store.setVersioning("enabled");
        scene.clock.pass(1);
        const undone = await undo({ ...second, ...calm });
        expect(await lost(scene, heldThen)).toEqual([]);
        if (undone === null) return;
        ended++;
        if (how === "on throughout") expect(undone.changed).toBe(0);
        const left = new Set<string>(undone.changedKeys.map(({ key }) => key));
        const others = (seen: Readonly<Record<string, string>>) =>
          Object.entries(seen).filter(([key]) => !left.has(key));
        expect(others(await scene.visible())).toEqual(others(shown));
      }),
      { numRuns: 150 },
    );
    expect(ended).toBeGreaterThan(50);
  });
});
