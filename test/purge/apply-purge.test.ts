import { beforeEach, describe, expect, it } from "vitest";
import { parseChainedLines } from "../../src/base/chained-lines.ts";
import { Failure } from "../../src/base/failure.ts";
import { counting } from "../../src/store/counting-store.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { Fuse, storeFailure, storeWith } from "../doubles/store-doubles.ts";
import { failureOf } from "../rollback/scene.ts";
import { PurgeScene } from "./purge-scene.ts";

let scene: PurgeScene;
let packs: readonly string[];

/** Five packs that were pruned before the window, the first of which had been uploaded twice. */
beforeEach(async () => {
  scene = await PurgeScene.repository();
  packs = ["one", "two", "three", "four", "five"].map((content) => scene.path("data", content));
  for (const [index, pack] of packs.entries()) {
    const content = ["one", "two", "three", "four", "five"][index] ?? "";
    await scene.put(pack, content);
    if (index === 0) await scene.put(pack, content);
  }
  scene.clock.pass(60_000);
  for (const pack of packs) await scene.hide(pack);
  scene.pass(40);
});

const packRows = async (): Promise<number> => (await scene.rows()).filter(({ key }) => key.includes("/data/")).length;
const journal = (name: string): string => scene.state.files.get(name.replace("/state/", "")) ?? "";

/** Answers for some keys that the store would not destroy them. */
function refusing(code: string, isRefused: (key: string) => boolean): PurgingStore {
  return storeWith(scene.bucket, {
    destroyVersions: async (rows) => {
      const done = await scene.bucket.destroyVersions(rows.filter(({ key }) => !isRefused(key)));
      const error = { code, message: "no" };
      const refused = rows.filter(({ key }) => isRefused(key));
      return [...refused.map(({ key, versionId }) => ({ key, versionId, error })), ...done];
    },
  });
}

describe("applyPurge()", () => {
  it("destroys what was planned, markers after what they hid, and says how much that was", async () => {
    const store = counting(scene.bucket);
    const plan = await scene.plan();
    const done = await scene.apply(plan, { store });
    expect(done).toMatchObject({ versionsRemoved: 6, markersRemoved: 5, bytesFreed: 22, failed: 0, changed: 0 });
    expect(await packRows()).toBe(0);
    expect(store.counts()).toMatchObject({ destroyed: 11, writes: 2, puts: 0, hidden: 0 });
  });

  it("has every row in its journal before the store is asked", async () => {
    const plan = await scene.plan();
    let isAhead = true;
    const store = storeWith(scene.bucket, {
      destroyVersions: async (rows) => {
        const text = [...scene.state.files].find(([name]) => name.endsWith("journal.jsonl"))?.[1] ?? "";
        isAhead &&= rows.every((row) => text.includes(`"key":"${row.key}","versionId":"${row.versionId}"`));
        return await scene.bucket.destroyVersions(rows);
      },
    });
    const done = await scene.apply(plan, { store });
    expect(isAhead).toBe(true);
    const read = parseChainedLines(journal(done.journal));
    expect(read).toMatchObject({ kind: "whole" });
    expect(read.lines.at(0)).toMatchObject({ type: "begin", repository: "home", role: "purger", accessKey: "AK" });
    expect(read.lines.at(-1)).toMatchObject({ type: "end", versionsRemoved: 6, failed: 0 });
  });

  it("keeps what has come to light since the plan", async () => {
    const plan = await scene.plan();
    const [lifted, grown] = packs;
    const marker = (await scene.rows()).find((row) => row.key === scene.key(lifted ?? "") && row.kind === "marker");
    if (marker?.kind !== "marker" || grown === undefined) throw new Error("no marker");
    await scene.bucket.liftMarkers([marker]);
    await scene.put(grown, "two");
    const done = await scene.apply(plan);
    // Its older twin, and what is below the version that was put since, are needed no more than before.
    expect(done).toMatchObject({ versionsRemoved: 5, markersRemoved: 4, changed: 2 });
    expect((await scene.stateAt(scene.clock.now()))[scene.key(lifted ?? "")]).toBeDefined();
  });

  it("lets nothing wait long between its listing and its end: a marker may be lifted meanwhile", async () => {
    const plan = await scene.plan();
    const events: string[] = [];
    const store = storeWith(scene.bucket, {
      listVersions: async function* (prefix, from) {
        for await (const page of scene.bucket.listVersions(prefix, from)) {
          for (const row of page) {
            scene.clock.pass(4000);
            events.push("listed");
            yield [row];
          }
        }
      },
      destroyVersions: async (rows) => {
        events.push("destroyed");
        return await scene.bucket.destroyVersions(rows);
      },
    });
    expect(await scene.apply(plan, { store, connections: 1 })).toMatchObject({ versionsRemoved: 6, markersRemoved: 5 });
    expect(events.indexOf("destroyed")).toBeLessThan(events.lastIndexOf("listed"));
    expect(await packRows()).toBe(0);
  });

  it("destroys nothing that was not in the plan, though it could go by now", async () => {
    const plan = await scene.plan();
    const late = scene.path("data", "late");
    scene.pass(-50);
    await scene.put(late, "late");
    await scene.hide(late);
    scene.pass(50);
    await scene.apply(plan);
    expect((await scene.rows()).filter(({ key }) => key === scene.key(late)).length).toBe(2);
  });

  it("refuses where versioning was switched off since, and stops where it is switched off under way", async () => {
    const plan = await scene.plan();
    scene.bucket.setVersioning("suspended");
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "refused", problem: /suspended/ });
    scene.bucket.setVersioning("enabled");
    const store = storeWith(scene.bucket, {
      destroyVersions: async (rows) => {
        scene.bucket.setVersioning("suspended");
        return await scene.bucket.destroyVersions(rows);
      },
    });
    const stopped = await failureOf(scene.apply(await scene.plan({ store: scene.bucket }), { store }));
    expect(stopped).toMatchObject({ kind: "refused", details: { versionsRemoved: "6", markersRemoved: "0" } });
  });

  it("refuses where a hold was put on since the plan was shown, and stops where one is put on under way", async () => {
    const hold = {
      rule: "hold",
      severity: "alarm",
      subject: "home",
      evidence: "look first",
      remedy: "release",
    } as const;
    const held = scene.apply(await scene.plan(), { heldNow: async () => await Promise.resolve([hold]) });
    expect(await failureOf(held)).toMatchObject({ kind: "refused", problem: /look first/ });
    expect(await packRows()).toBe(11);
    let isHeld = false;
    const store = storeWith(scene.bucket, {
      destroyVersions: async (rows) => {
        isHeld = true;
        return await scene.bucket.destroyVersions(rows);
      },
    });
    const heldNow = async () => await Promise.resolve(isHeld ? [hold] : []);
    const stopped = await failureOf(scene.apply(await scene.plan(), { store, heldNow }));
    expect(stopped).toMatchObject({ kind: "refused", details: { versionsRemoved: "6", markersRemoved: "0" } });
  });

  it("refuses while another purge is at work", async () => {
    const plan = await scene.plan();
    await scene.state.lock("purges/home.lock");
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "refused", problem: /process 1/ });
  });

  it.each(["gone", "edited"])("refuses where the evidence is %s", async (how) => {
    const plan = await scene.plan();
    const { name } = plan.listing.evidence;
    if (how === "gone") scene.state.files.delete(name);
    else scene.state.files.set(name, `${scene.state.files.get(name) ?? ""}\n`);
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "damaged-file" });
    expect(await packRows()).toBe(11);
  });

  it("keeps the marker above a version that the store would not destroy, and does the rest", async () => {
    const kept = scene.key(packs[0] ?? "");
    const failed = await failureOf(
      scene.purge(
        {},
        refusing("ObjectLocked", (key) => key === kept),
      ),
    );
    expect(failed).toMatchObject({ kind: "stopped-half-way", problem: /ObjectLocked/ });
    expect(failed.details).toMatchObject({ versionsRemoved: "4", markersRemoved: "4", failed: "2" });
    expect((await scene.names()).filter((name) => name.startsWith(kept)).length).toBe(3);
    expect((await scene.stateAt(scene.clock.now()))[kept]).toBeUndefined();
  });

  it("tells a key that may destroy nothing what it lacks", async () => {
    const failed = await failureOf(
      scene.purge(
        {},
        refusing("AccessDenied", () => true),
      ),
    );
    expect(failed).toMatchObject({ kind: "store-denied", hint: /policy purger home/ });
    expect(await packRows()).toBe(11);
  });
});

describe("applyPurge() that is stopped", () => {
  it("says that it stopped half-way and what was done, and the next run goes on", async () => {
    let calls = 0;
    const store = storeWith(scene.bucket, {
      destroyVersions: async (rows) => {
        calls++;
        if (calls === 2) throw storeFailure("store-unreachable", "it does not answer");
        return await scene.bucket.destroyVersions(rows);
      },
    });
    const stopped = await failureOf(scene.purge({}, store));
    expect(stopped).toMatchObject({ kind: "stopped-half-way", problem: "it does not answer" });
    expect(stopped.details).toMatchObject({ versionsRemoved: "6", markersRemoved: "0" });
    const plan = await scene.plan();
    expect(plan.broken).toMatchObject({ intended: 11, done: 6 });
    expect(await scene.apply(plan)).toMatchObject({ versionsRemoved: 0, markersRemoved: 5 });
    expect((await scene.plan()).broken).toBeNull();
  });

  it("stops between two requests when it is interrupted", async () => {
    const control = new AbortController();
    const reason = new Failure({
      kind: "interrupted",
      action: "run",
      subject: "holdfast",
      problem: "Ctrl-C",
      hint: "",
    });
    const store = storeWith(scene.bucket, {
      destroyVersions: async (rows) => {
        control.abort(reason);
        return await scene.bucket.destroyVersions(rows);
      },
    });
    const plan = await scene.plan();
    const stopped = await failureOf(scene.apply(plan, { store, signal: control.signal }));
    expect(stopped).toMatchObject({ kind: "stopped-half-way", details: { versionsRemoved: "6" } });
    expect(await packRows()).toBe(5);
  });

  it("reads a journal whose end was torn off by a crash, and none that was edited", async () => {
    await scene.purge({}, new Fuse(2, "before").store(scene.bucket)).catch(() => undefined);
    const [name, text] = [...scene.state.files].find(([each]) => each.endsWith("journal.jsonl")) ?? ["", ""];
    scene.state.files.set(name, text.slice(0, -20));
    expect((await scene.plan()).broken).toMatchObject({ intended: 10 });
    scene.state.files.set(name, text.replace('"kind":"version"', '"kind":"marker"'));
    expect(await failureOf(scene.plan())).toMatchObject({ kind: "damaged-file" });
  });
});
