import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/instant.ts";
import { parseRepositoryLocation } from "../../src/base/repository-location.ts";
import type { TextFile } from "../../src/base/state-folder.ts";
import { planFromEvidence } from "../../src/rollback/make-plan.ts";
import { readPlan } from "../../src/rollback/plan-file.ts";
import type { RollbackPlan } from "../../src/rollback/plan-file.ts";
import type { RollbackPlanResult } from "../../src/rollback/plan-request.ts";
import { failureOf, Scene, stepsOf } from "./scene.ts";

async function opened(scene: Scene, path: string): Promise<TextFile> {
  const file = await scene.state.open(path);
  if (file === null) throw new RangeError(path);
  return file;
}

async function offline(scene: Scene, to: Instant | string, evidence: TextFile, place = "backups/home/") {
  const location = parseRepositoryLocation(`s3:https://s3.example.org/${place}`);
  if (location === null) throw new RangeError("location");
  return await planFromEvidence({
    evidence,
    repository: "home",
    location,
    to: typeof to === "string" ? to : new Date(to).toISOString(),
    resolution: "millisecond",
    order: "interleaved",
    state: scene.state,
    clock: scene.clock,
    recordedConfigHash: null,
  });
}

async function attacked(): Promise<{ scene: Scene; T: Instant; online: RollbackPlanResult }> {
  const scene = new Scene();
  const { T, pack, all } = await scene.repository();
  await scene.put(pack, "longer junk");
  await scene.hide(...all.filter((key) => key !== pack));
  await scene.restic("keys", "evil key");
  const { result } = await scene.plan(T, { prove: "none" });
  return { scene, T, online: result };
}

describe("planFromEvidence()", () => {
  it("does what the plan from the bucket did, step for step, and reads nothing", async () => {
    const { scene, T, online } = await attacked();
    for (const method of ["listVersions", "read", "settings", "versioning"] as const) {
      scene.store[method] = () => {
        throw new Error("the store was asked");
      };
    }
    const result = await offline(scene, T, await opened(scene, online.evidence));
    expect(result).toMatchObject({
      prove: "none",
      fromEvidence: true,
      hashedBytes: 0,
      name: "home-20261120T001000Z-2",
    });
    expect(result.actions).toEqual(online.actions);
    const [plan, before] = [
      await readPlan(await opened(scene, result.plan)),
      await readPlan(await opened(scene, online.plan)),
    ];
    const deeds = async (of: RollbackPlan) =>
      (await stepsOf(of)).map(({ n, key, action, from, to, markers }) => ({ n, key, action, from, to, markers }));
    expect(await deeds(plan)).toEqual(await deeds(before));
    expect(plan.header.evidence).toEqual(before.header.evidence);
  });

  it("leaves unproven what has several versions, and can be applied", async () => {
    const { scene, T, online } = await attacked();
    const result = await offline(scene, T, await opened(scene, online.evidence));
    expect(result).toMatchObject({ proven: 0, unproven: 1, sole: 5, accept: ["unproven"] });
    const plan = await readPlan(await opened(scene, result.plan));
    expect(await scene.apply(plan)).toMatchObject({ failed: 0, done: 7 });
  });

  it("counts T by when the evidence was taken", async () => {
    const { scene, T, online } = await attacked();
    const evidence = await opened(scene, online.evidence);
    scene.clock.pass(600);
    expect((await offline(scene, "60m-ago", evidence)).to).toBe(new Date(T).toISOString().replace(".000Z", "Z"));
    const later = new Date(scene.clock.now()).toISOString();
    expect(await failureOf(offline(scene, later, evidence))).toMatchObject({ kind: "usage" });
  });

  it("finds the instant of a snapshot in the evidence", async () => {
    const { scene, T, online } = await attacked();
    const key = (await scene.rows()).find((row) => row.key.startsWith("home/snapshots/"))?.key ?? "";
    const to = `snapshot:${key.slice("home/snapshots/".length, -50)}`;
    expect(Date.parse((await offline(scene, to, await opened(scene, online.evidence))).to)).toBe(T);
  });

  it("refuses evidence of another repository", async () => {
    const { scene, T, online } = await attacked();
    const evidence = await opened(scene, online.evidence);
    expect(await failureOf(offline(scene, T, evidence, "backups/nas/"))).toMatchObject({ kind: "usage" });
  });

  it("takes no evidence that was edited or cut, and leaves no plan", async () => {
    const { scene, T, online } = await attacked();
    const text = scene.text(online.evidence);
    const plans = [...scene.state.files.keys()].filter((name) => name.startsWith("plans/"));
    for (const spoilt of [text.replace('"size":6', '"size":7'), text.slice(0, text.lastIndexOf('{"type":"totals"'))]) {
      await scene.state.replace("evidence/spoilt", spoilt);
      const failure = await failureOf(offline(scene, T, await opened(scene, "evidence/spoilt")));
      expect(failure.kind).toBe("damaged-file");
    }
    expect([...scene.state.files.keys()].filter((name) => name.startsWith("plans/"))).toEqual(plans);
  });
});
