import { describe, expect, it } from "vitest";
import type { RollbackPlan } from "../../src/rollback/plan-file.ts";
import { readPlan } from "../../src/rollback/plan-file.ts";
import { rollbackFile } from "../../src/rollback/file-names.ts";
import { notePlan } from "../../src/rollback/plan-note.ts";
import { listPlans, planStatus } from "../../src/rollback/status.ts";
import { prepareUndo, undoRollback } from "../../src/rollback/undo.ts";
import type { UndoRequest } from "../../src/rollback/undo.ts";
import { recordVerified } from "../../src/rollback/verified-record.ts";
import { failureOf, Scene } from "./scene.ts";

async function hidden(): Promise<{ readonly scene: Scene; readonly plan: RollbackPlan }> {
  const scene = new Scene();
  const { T, all, pack } = await scene.repository();
  await scene.put(pack, "junk");
  await scene.hide(...all.filter((key) => key !== pack));
  scene.clock.pass(60);
  return { scene, plan: (await scene.plan(T)).plan };
}

function undoing({ store, clock, state }: Scene, plan: RollbackPlan): UndoRequest {
  return { plan, store, clock, state, bucket: "backups" };
}

async function undo(scene: Scene, plan: RollbackPlan): Promise<void> {
  const request = undoing(scene, plan);
  await undoRollback(request, await prepareUndo(request));
}

async function verified(scene: Scene, plan: RollbackPlan): Promise<void> {
  await recordVerified(scene.state, plan, { result: await scene.verify(plan), at: scene.clock.now() });
}

describe("planStatus()", () => {
  it("follows a plan from planned to undone", async () => {
    const { scene, plan } = await hidden();
    const status = async () => await planStatus(plan, scene.state);
    expect(await status()).toMatchObject({ state: "planned", done: 0, left: 6, runs: 0, damaged: [] });
    const copyForward = scene.store.copyForward.bind(scene.store);
    scene.store.copyForward = async () => await Promise.reject(new Error("killed"));
    await scene.apply(plan).catch(() => undefined);
    expect(await status()).toMatchObject({ state: "applying", done: 0, left: 6, runs: 1 });
    scene.store.copyForward = copyForward;
    await scene.apply(plan);
    expect(await status()).toMatchObject({ state: "applied", done: 6, left: 0, runs: 2 });
    await verified(scene, plan);
    expect(await status()).toMatchObject({ state: "verified", verified: { matching: 6, differing: 0 }, damaged: [] });
    await undo(scene, plan);
    expect(await status()).toMatchObject({ state: "undone", done: 6, left: 0, isUndoing: false });
  });

  it("follows a plan that went on as another, and tells the words that applying it takes", async () => {
    const { scene, plan } = await hidden();
    await scene.restic("snapshots", "written since the plan");
    scene.clock.pass(1);
    const { plan: other, result } = await scene.plan(plan.header.to);
    const name = result.name ?? "";
    await notePlan(scene.state, { plan, kind: "successor", other: { plan: other, name: rollbackFile("plan", name) } });
    expect(await planStatus(plan, scene.state)).toMatchObject({ state: "planned", successor: name, accept: [] });
    const failure = await failureOf(scene.apply(plan));
    expect(failure).toMatchObject({ kind: "refused", hint: `Go on with that one: holdfast rollback apply ${name}` });
    await scene.apply(other);
    expect(await planStatus(plan, scene.state)).toMatchObject({ state: "applied", left: 0 });
    await undo(scene, other);
    expect(await planStatus(plan, scene.state)).toMatchObject({ state: "planned" });
  });

  it("calls a plan applied, not verified, where verify found a difference or apply changed something since", async () => {
    const { scene, plan } = await hidden();
    await verified(scene, plan);
    scene.clock.pass(1);
    await scene.apply(plan);
    expect(await planStatus(plan, scene.state)).toMatchObject({ state: "applied" });
    await verified(scene, plan);
    scene.clock.pass(1);
    await scene.apply(plan);
    expect(await planStatus(plan, scene.state)).toMatchObject({ state: "verified" });
  });
});

describe("listPlans()", () => {
  it("gives the newest first, without the plans that undo another, and names what is damaged", async () => {
    const { scene, plan } = await hidden();
    await scene.apply(plan);
    await undo(scene, plan);
    scene.clock.pass(5);
    const newer = await scene.plan(plan.header.to);
    await scene.state.replace("plans/torn.plan.jsonl", "{}\n");
    const plans = await listPlans(scene.state);
    expect(plans.map(({ name }) => name)).toEqual([newer.result.name, "home-20261120T001000Z", "torn"]);
    expect(plans[2]).toMatchObject({ kind: "damaged", part: { path: "/state/plans/torn.plan.jsonl" } });
  });
});

const damages = ["edited", "cut"] as const;
const files = ["plan", "evidence", "journal"] as const;
const cases = files.flatMap((file) => damages.map((damage) => [damage, file] as const));

describe("a file of a rollback that is", () => {
  it.each(cases)("%s, the %s, stops every command before the first write", async (damage, file) => {
    const { scene, plan } = await hidden();
    await scene.apply(plan);
    const folder = file === "evidence" ? "evidence" : `${file}s`;
    const name = [...scene.state.files.keys()].find(
      (each) => each.startsWith(`${folder}/`) && each.includes(`.${file}.`),
    );
    const text = scene.state.files.get(name ?? "") ?? "";
    const lines = text.split("\n");
    const harmed = damage === "edited" ? text.replace("home/", "home0") : `${lines.slice(0, -2).join("\n")}\n`;
    expect(harmed).not.toBe(text);
    await scene.state.replace(name ?? "", harmed);
    const rows = await scene.rows();
    const reread = async (): Promise<RollbackPlan> => {
      const opened = await scene.state.open("plans/home-20261120T001000Z.plan.jsonl");
      if (opened === null) throw new Error("the plan is not there");
      return await readPlan(opened);
    };
    const commands: Readonly<Record<string, () => Promise<unknown>>> = {
      apply: async () => await scene.apply(await reread()),
      undo: async () => await prepareUndo(undoing(scene, await reread())),
      verify: async () => (file === "journal" ? await scene.apply(plan) : await scene.verify(await reread())),
      status: async () => await listPlans(scene.state),
    };
    for (const [command, run] of Object.entries(commands)) {
      if (command !== "status") expect((await failureOf(run())).kind, command).toBe("damaged-file");
    }
    const [listed] = await listPlans(scene.state);
    const parts = listed?.kind === "read" ? listed.status.damaged : [listed?.part];
    expect(parts[0]?.path).toBe(`/state/${name ?? ""}`);
    expect(await scene.rows()).toEqual(rows);
  });
});
