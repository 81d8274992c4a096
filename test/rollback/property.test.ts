import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { Failure } from "../../src/base/failure.ts";
import { addMilliseconds } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import type { RollbackPlan } from "../../src/rollback/plan-file.ts";
import type { DeleteMarker, ObjectVersion } from "../../src/store/object-version.ts";
import { restorable } from "../../src/store/restorable-store.ts";
import type { BatchOutcome, RestorableStore } from "../../src/store/versioned-store.ts";
import { Scene, sha256 } from "./scene.ts";

/** One thing that is done to one of a few keys, after some milliseconds; none keeps the date of the one before. */
interface Deed {
  readonly does: "store" | "hide" | "overwrite" | "back-date";
  readonly what: number;
  readonly after: number;
}

const deed = (does: readonly Deed["does"][]): fc.Arbitrary<Deed> =>
  fc.record({ does: fc.constantFrom(...does), what: fc.nat({ max: 11 }), after: fc.nat({ max: 2 }) });
const honest = fc.array(deed(["store", "store", "hide"]), { maxLength: 30 });
const attack = fc.array(deed(["store", "hide", "overwrite", "back-date"]), { maxLength: 40 });

/** The right content of thing number `what`, and its key. */
function thing(
  scene: Scene,
  what: number,
): { readonly key: ObjectKey; readonly content: string; readonly isNamed: boolean } {
  const content = `content ${what}`;
  const name = sha256(content);
  if (what === 10) return { key: scene.key("notes/readme.txt"), content, isNamed: false };
  if (what === 11) return { key: scene.key("locks/" + name), content, isNamed: false };
  const folder = ["data", "index", "snapshots", "keys"][what % 4] ?? "data";
  const key = scene.key(folder === "data" ? `data/${name.slice(0, 2)}/${name}` : `${folder}/${name}`);
  return { key, content, isNamed: true };
}

async function perform(scene: Scene, { does, what, after }: Deed, T: Instant | null): Promise<void> {
  scene.clock.passMilliseconds(after);
  const { key, content, isNamed } = thing(scene, what);
  if (does === "store") await scene.put(key, content);
  // Nobody hides what is not there: of a marker alone it is told that what stood below it is gone.
  else if (does === "hide") await hideWhatIs(scene, key);
  else if (does === "overwrite") await scene.put(key, `junk ${after}`);
  // Only a name can tell a back-dated version; without one nothing can.
  else if (T !== null && isNamed) {
    const isThere = (await scene.rows()).some(
      (row) => row.key === key && row.lastModified <= T && row.kind === "version",
    );
    const id = `back-${(await scene.rows()).length}`;
    if (isThere) scene.inject(key, { id, at: addMilliseconds(T, -after), content: "forged" });
  }
}

async function hideWhatIs(scene: Scene, key: ObjectKey): Promise<void> {
  if ((await scene.rows()).some((row) => row.key === key)) await scene.hide(key);
}

async function attacked(
  before: readonly Deed[],
  after: readonly Deed[],
): Promise<{ scene: Scene; T: Instant; atT: Record<string, string> }> {
  const scene = new Scene();
  await scene.repository();
  for (const one of before) await perform(scene, one, null);
  const T = scene.clock.now();
  const atT = { ...(await scene.visible()) };
  scene.clock.passMilliseconds(1);
  for (const one of after) await perform(scene, one, T);
  scene.clock.pass(60);
  return { scene, T, atT };
}

function dataVersions(rows: Awaited<ReturnType<Scene["rows"]>>): readonly string[] {
  return rows.filter((row) => row.kind === "version").map((row) => `${row.key} ${row.versionId}`);
}

/** What the plan could not tell for certain it has named; about the rest it must be right. */
function without(visible: Readonly<Record<string, string>>, plan: RollbackPlan): Readonly<Record<string, string>> {
  const named = new Set<string>(plan.ambiguous.map((row) => row.key));
  return Object.fromEntries(Object.entries(visible).filter(([key]) => !named.has(key)));
}

async function shown(scene: Scene, plan: RollbackPlan): Promise<Readonly<Record<string, string>>> {
  return without(await scene.visible(), plan);
}

/** A store that breaks off at one of its writes, before or after the server has done it. */
class BreakingStore {
  writesLeft: number;
  readonly #inner: MemoryStore;
  readonly #isDone: boolean;

  constructor(inner: MemoryStore, { writesLeft, isDone }: { writesLeft: number; isDone: boolean }) {
    this.#inner = inner;
    this.writesLeft = writesLeft;
    this.#isDone = isDone;
  }

  get store(): RestorableStore {
    const inner = this.#inner;
    return {
      ...restorable(inner),
      copyForward: async (version: ObjectVersion) => await this.#write(async () => await inner.copyForward(version)),
      hide: async (keys) => await this.#write(async (): Promise<readonly BatchOutcome[]> => await inner.hide(keys)),
      liftMarkers: async (markers: readonly DeleteMarker[]) =>
        await this.#write(async () => await inner.liftMarkers(markers)),
    };
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    if (--this.writesLeft >= 0) return await work();
    if (this.#isDone) await work();
    throw new Failure({ kind: "store-unreachable", action: "write", subject: "bucket", problem: "reset", hint: "" });
  }
}

describe("a rollback", () => {
  it("shows after apply(plan(T)) what stood at T, removes no data version, and does nothing the second time", async () => {
    await fc.assert(
      fc.asyncProperty(honest, attack, async (before, after) => {
        const { scene, T, atT } = await attacked(before, after);
        const versions = dataVersions(await scene.rows());
        const { plan, result, steps } = await scene.plan(T);
        expect(result.unrecoverable).toBe(0);
        const foreign = steps.filter(({ key, action }) => key.includes("/notes/") && action !== "hide");
        expect(result.unproven).toBeGreaterThanOrEqual(foreign.length);
        if (!after.some(({ does }) => does === "back-date"))
          expect(result.accept).toEqual(foreign.length > 0 ? ["unproven"] : []);
        await scene.apply(plan);
        expect(await shown(scene, plan)).toEqual(without(atT, plan));
        const rows = await scene.rows();
        expect(dataVersions(rows)).toEqual(expect.arrayContaining([...versions]));
        expect((await scene.verify(plan)).differing).toEqual([]);
        expect(await scene.apply(plan)).toMatchObject({ done: 0, skipped: plan.stepCount });
        expect((await scene.plan(T)).steps).toEqual([]);
        expect(await scene.rows()).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  it("comes to the same end when it is broken off at any write and run again", async () => {
    let broken = 0;
    const where = fc.record({ writesLeft: fc.nat({ max: 12 }), isDone: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(honest, attack, where, async (before, after, breaking) => {
        const { scene, T, atT } = await attacked(before, after);
        const versions = dataVersions(await scene.rows());
        const { plan } = await scene.plan(T);
        const { store } = new BreakingStore(scene.store, breaking);
        const first = await scene.apply(plan, { store }).catch((error: unknown) => error);
        if (first instanceof Error) {
          broken++;
          expect(first).toMatchObject({ kind: "stopped-half-way" });
        }
        const result = await scene.apply(plan);
        expect(result).toMatchObject({ failed: 0 });
        expect(await shown(scene, plan)).toEqual(without(atT, plan));
        expect(dataVersions(await scene.rows())).toEqual(expect.arrayContaining([...versions]));
      }),
      { numRuns: 300 },
    );
    expect(broken).toBeGreaterThan(10);
  });

  it("stops between requests on Ctrl-C and goes on from there", async () => {
    let stopped = 0;
    await fc.assert(
      fc.asyncProperty(honest, attack, fc.integer({ min: 1, max: 5 }), async (before, after, count) => {
        const { scene, T, atT } = await attacked(before, after);
        const { plan } = await scene.plan(T);
        const controller = new AbortController();
        let left = count;
        const onProgress = (): void => {
          if (--left === 0)
            controller.abort(
              new Failure({ kind: "interrupted", action: "a", subject: "s", problem: "Ctrl-C", hint: "" }),
            );
        };
        const first = await scene
          .apply(plan, { signal: controller.signal, onProgress })
          .catch((error: unknown) => error);
        if (first instanceof Error) {
          stopped++;
          expect(first).toMatchObject({ kind: "stopped-half-way" });
        }
        await scene.apply(plan);
        expect(await shown(scene, plan)).toEqual(without(atT, plan));
      }),
      { numRuns: 80 },
    );
    expect(stopped).toBeGreaterThan(3);
  });
});
