import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import { addMilliseconds } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { compareKeys, keyHistories } from "../../src/history/key-history.ts";
import { decideKey, proveWords } from "../../src/rollback/decide.ts";
import type { DecisionGround } from "../../src/rollback/decide.ts";
import { planKey, planProven } from "../../src/rollback/plan.ts";
import type { KeyPlan } from "../../src/rollback/plan.ts";
import { TotalsCounter } from "../../src/rollback/plan-totals.ts";
import { proveKey, provenUnread } from "../../src/rollback/prove-key.ts";
import { versionHasher } from "../../src/rollback/prove.ts";
import { stageIndex } from "../../src/rollback/stage.ts";
import { Scene, sha256 } from "./scene.ts";

const deeds = ["store", "hide", "overwrite", "back-date"] as const;
interface Deed {
  readonly does: (typeof deeds)[number];
  readonly what: number;
}

const history = fc.array(fc.record({ does: fc.constantFrom(...deeds), what: fc.nat({ max: 12 }) }), { maxLength: 60 });

function keyOf(scene: Scene, what: number): ObjectKey {
  const name = sha256(`content ${what}`);
  if (what === 12) return scene.key("config");
  if (what >= 10) return scene.key(what === 10 ? 'data/00/notes "of" €' : `a note ${name}`);
  const folder = ["data", "data", "index", "snapshots", "keys"][what % 5] ?? "data";
  return scene.key(folder === "data" ? `data/${name.slice(0, 2)}/${name}` : `${folder}/${name}`);
}

async function perform(scene: Scene, T: Instant | null, { does, what }: Deed): Promise<void> {
  scene.clock.passMilliseconds(1);
  const key = keyOf(scene, what);
  if (does === "store") await scene.put(key, `content ${what}`);
  else if (does === "overwrite") await scene.put(key, `junk ${what}`);
  else if (does === "hide") await scene.hide(key);
  else if (T !== null) {
    const id = `back-${(await scene.rows()).length}`;
    scene.inject(key, { id, at: addMilliseconds(T, -1), content: "forged" });
  }
}

/** The plan as one would write it with all of the history in memory. */
async function reference(scene: Scene, ground: DecisionGround) {
  const hash = versionHasher(scene.store);
  const means = { hash, recorded: async () => await Promise.resolve(null) };
  const style = { keepMarkers: false };
  const plans: KeyPlan[] = [];
  for await (const each of keyHistories(scene.store.listVersions(ground.prefix))) {
    const decision = decideKey(each, ground);
    if (decision.kind !== "bringBack") plans.push(planKey(decision));
    else
      plans.push(
        planProven(decision, provenUnread(decision, ground) ?? (await proveKey(decision, means, ground)), style),
      );
  }
  const place = (step: Parameters<typeof stageIndex>[0]): number => stageIndex(step, ground.prefix);
  const steps = plans
    .flatMap((plan) => (plan.kind === "step" ? [plan.step] : []))
    .sort((a, b) => place(a) - place(b) || compareKeys(a.key, b.key))
    .map((step, index) => ({ n: index + 1, ...step }));
  const counter = new TotalsCounter(ground.prefix);
  for (const step of steps) counter.step(step);
  const ambiguous = plans.flatMap((plan) =>
    plan.kind === "leftOut" || plan.ambiguous === null ? [] : [plan.ambiguous],
  );
  const unrecoverable = plans.flatMap((plan) => (plan.kind === "unrecoverable" ? [plan.lost] : []));
  for (let n = 0; n < ambiguous.length; n++) counter.other("ambiguous");
  for (let n = 0; n < unrecoverable.length; n++) counter.other("unrecoverable");
  const keep = plans.filter((plan) => plan.kind === "keep");
  const kept = keep.filter(({ shows }) => shows).length;
  const { actions, proven, sole, unproven, foreign, stateAtT, requests, bytes } = counter.totals({
    keep: keep.length,
    kept,
  });
  const totals = { actions, proven, sole, unproven, foreign, stateAtT, requests, bytes };
  return { steps, ambiguous, unrecoverable, totals };
}

describe("a plan that is written while the history is read", () => {
  it("is the plan that is made with all of the history in memory", async () => {
    let compared = 0;
    const settings = fc.record({ prove: fc.constantFrom(...proveWords), historyForgeable: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(history, history, settings, async (before, after, { prove, historyForgeable }) => {
        const scene = new Scene();
        await scene.repository();
        for (const deed of before) await perform(scene, null, deed);
        const T = scene.clock.now();
        for (const deed of after) await perform(scene, T, deed);
        const recordedConfigHash = sha256("config");
        const ground = { prefix: scene.prefix, order: "interleaved", to: T, prove, historyForgeable } as const;
        const wanted = await reference(scene, { ...ground, canRead: true, recordedConfigHash });
        const planned = scene.plan(T, { prove, historyForgeable, recordedConfigHash, connections: 3 });
        const made = await planned.catch((error: unknown) => {
          if (error instanceof Failure && error.kind === "refused") return null;
          throw error;
        });
        // Nothing of config, keys or snapshots stood at T.
        if (made === null) return;
        const { plan, steps } = made;
        compared++;
        expect(steps).toEqual(wanted.steps);
        expect(plan.ambiguous).toEqual(wanted.ambiguous);
        expect(plan.unrecoverable).toEqual(wanted.unrecoverable);
        expect(plan.totals).toMatchObject(wanted.totals);
      }),
      { numRuns: 200 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});
