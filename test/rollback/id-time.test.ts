import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { Scene } from "./scene.ts";

/** A Swift version id: seconds, and five digits after the point. */
function swiftId(at: Instant): string {
  return `${(at / 1000).toFixed(3)}00`;
}

/** Two versions of one rounded date, of which T stands between. */
async function rounded(): Promise<{ readonly scene: Scene; readonly key: ObjectKey; readonly T: Instant }> {
  const scene = new Scene();
  const { T: whole } = await scene.repository();
  const key = scene.key("notes.txt");
  const date = addMilliseconds(whole, 1000);
  scene.inject(key, { id: swiftId(addMilliseconds(whole, 100)), at: date, content: "good" });
  scene.inject(key, { id: swiftId(addMilliseconds(whole, 700)), at: date, content: "evil" });
  scene.clock.pass(5);
  return { scene, key, T: addMilliseconds(whole, 400) };
}

describe("a rollback where the store rounds its dates", () => {
  it("hides what its rounded date puts after T, where nothing else is known", async () => {
    const { scene, key, T } = await rounded();
    const { steps } = await scene.plan(T, { order: "split" });
    expect(steps.map((step) => [step.key, step.action])).toEqual([[key, "hide"]]);
  });

  it("brings back what the version ids tell, and verifies it by them", async () => {
    const { scene, key, T } = await rounded();
    const { plan, steps } = await scene.plan(T, { order: "split", idTime: "swift" });
    expect(plan.header.idTime).toBe("swift");
    expect(steps.map((step) => [step.key, step.action])).toEqual([[key, "copyVersion"]]);
    await scene.apply(plan);
    expect((await scene.visible())[key]).toBe("good");
    expect((await scene.verify(plan)).differing).toEqual([]);
  });
});
