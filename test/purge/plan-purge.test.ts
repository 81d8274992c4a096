import { beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "../../src/base/finding.ts";
import { addMilliseconds } from "../../src/base/instant.ts";
import { checkEvidence } from "../../src/history/read-evidence.ts";
import type { LifecycleRule } from "../../src/store/bucket-settings.ts";
import { counting } from "../../src/store/counting-store.ts";
import { storeWith } from "../doubles/store-doubles.ts";
import { failureOf } from "../rollback/scene.ts";
import { day, PurgeScene, window } from "./purge-scene.ts";

let scene: PurgeScene;
let pack: string;

/** A pack that was pruned long ago, a lock of that time, and a pack that was pruned lately. */
beforeEach(async () => {
  scene = await PurgeScene.repository();
  pack = scene.path("data", "an old pack");
  const lock = scene.path("locks", "a lock");
  await scene.put(pack, "an old pack");
  await scene.put(lock, "a lock");
  scene.clock.pass(60_000);
  await scene.hide(pack);
  await scene.hide(lock);
  scene.pass(20);
  await scene.put(scene.path("data", "a young pack"), "a young pack");
  await scene.hide(scene.path("data", "a young pack"));
  scene.pass(20);
});

const rules = (findings: readonly Finding[]): readonly string[] => findings.map(({ rule }) => rule);

describe("planPurge()", () => {
  it("adds up by area what no instant of the window needs, and writes nothing to the bucket", async () => {
    const before = await scene.names();
    const store = counting(scene.bucket);
    const { totals, held } = await scene.plan({ store });
    expect(totals).toMatchObject({ keys: 6, versions: 2, markers: 2, bytes: 17, left: 0, waiting: 0, foreign: 0 });
    expect(totals.areas).toEqual([
      { area: "data", versions: 1, markers: 1, bytes: 11 },
      { area: "locks", versions: 1, markers: 1, bytes: 6 },
    ]);
    expect(held).toEqual([]);
    expect(store.counts().writes).toBe(0);
    expect(await scene.names()).toEqual(before);
  });

  it("saves the whole history as evidence first", async () => {
    const { listing } = await scene.plan();
    const file = await scene.state.open(listing.evidence.name);
    if (file === null) throw new Error("there is no evidence");
    expect(await checkEvidence(file, listing.evidence)).toMatchObject({ kind: "whole", versions: 6, markers: 3 });
  });

  it("tells the date of the oldest version that stays", async () => {
    const { totals, now } = await scene.plan();
    expect(totals.oldestKept).toBe(addMilliseconds(now, -40 * day - 60_000));
  });

  it("never touches what is not restic's", async () => {
    scene.pass(-100);
    for (const content of ["one", "two"]) await scene.put("notes/readme", content);
    scene.pass(100);
    const { totals } = await scene.plan();
    expect(totals).toMatchObject({ foreign: 1, versions: 2 });
  });

  it("refuses a bucket whose versioning is not Enabled", async () => {
    scene.bucket.setVersioning("suspended");
    expect(await failureOf(scene.plan())).toMatchObject({ kind: "refused", problem: /suspended/ });
  });

  it("counts the window from the clock that is behind", async () => {
    const now = scene.clock.now();
    const ahead = { store: now, ours: addMilliseconds(now, 400 * day) };
    const plan = await scene.plan({ store: storeWith(scene.bucket, { readClock: () => Promise.resolve(ahead) }) });
    expect(plan.now).toBe(now);
    expect(plan.listing.endedAt).toBe(ahead.ours);
  });

  it("names the keys that are left, and why", async () => {
    const path = scene.path("index", "an index");
    scene.pass(-100);
    await scene.put(path, "an index");
    await scene.put(path, "junk");
    scene.pass(100);
    expect((await scene.plan()).totals.left).toBe(1);
    expect(scene.left).toMatchObject([{ rule: "purge-overwritten", subject: scene.key(path) }]);
  });
});

describe("planPurge() is held", () => {
  it("by what the caller says", async () => {
    const hold: Finding = {
      rule: "hold",
      severity: "alarm",
      subject: "home",
      evidence: "look first",
      remedy: "release",
    };
    const plan = await scene.plan({ held: [hold] });
    expect(rules(plan.held)).toEqual(["hold"]);
    expect(await failureOf(scene.apply(plan))).toMatchObject({ kind: "refused", problem: /look first/ });
  });

  it("where a plain listing shows an object that the history does not have", async () => {
    const lost = scene.key("config");
    const store = storeWith(scene.bucket, {
      listVersions: async function* (prefix, from) {
        for await (const page of scene.bucket.listVersions(prefix, from)) yield page.filter(({ key }) => key !== lost);
      },
    });
    expect(rules((await scene.plan({ store })).held)).toEqual(["listing-gap"]);
  });

  it("where the history hides an object that a plain listing shows", async () => {
    const rows = await scene.rows();
    const shown = rows.find(({ key, kind }) => key === scene.key(pack) && kind === "version");
    const store = storeWith(scene.bucket, {
      listCurrent: async function* (prefix) {
        for await (const object of scene.bucket.listCurrent(prefix)) {
          if (shown?.kind === "version" && object.key > shown.key) yield shown;
          yield object;
        }
      },
    });
    expect(rules((await scene.plan({ store })).held)).toContain("listing-gap");
  });

  it("but not by what was written while it was listing", async () => {
    const store = storeWith(scene.bucket, {
      listCurrent: async function* (prefix) {
        yield* scene.bucket.listCurrent(prefix);
        scene.clock.pass(1000);
        const late = (await scene.rows()).find(({ kind }) => kind === "version");
        if (late?.kind === "version") yield { ...late, key: scene.key("zzz"), lastModified: scene.clock.now() };
      },
    });
    expect((await scene.plan({ store })).held).toEqual([]);
  });

  it.each(["config", "keys", "snapshots"] as const)("where nothing of %s stands any more", async (folder) => {
    const content = { config: "", keys: "a key", snapshots: "a snapshot" }[folder];
    await scene.hide(folder === "config" ? "config" : scene.path(folder, content));
    scene.pass(100);
    expect(rules((await scene.plan()).held)).toEqual(["repository-not-whole"]);
  });

  it("where versioning leaves prefixes out", async () => {
    const value = { text: "<VersioningConfiguration/>", excludedPrefixes: ["home/data/*"] };
    scene.bucket.setSettings({ versioning: { kind: "set", value } });
    expect(rules((await scene.plan()).held)).toEqual(["versioning-excludes"]);
  });
});

describe("planPurge() where dates can be forged", () => {
  const forgeable = { dates: "none" } as const;

  it("takes nothing in its first run, and says when something can go", async () => {
    const { totals, possibleFrom, earlier, listing } = await scene.plan(forgeable);
    expect(totals).toMatchObject({ versions: 0, markers: 0, waiting: 2 });
    expect(earlier).toBeNull();
    expect(possibleFrom).toBe(addMilliseconds(listing.endedAt, window));
  });

  it("takes what a listing from before the window has seen superseded, and no more", async () => {
    const first = await scene.plan(forgeable);
    scene.pass(20);
    const between = await scene.plan(forgeable);
    expect(between.totals).toMatchObject({ versions: 0, waiting: 3 });
    expect(between.possibleFrom).toBe(first.possibleFrom);
    scene.pass(16);
    const later = await scene.plan(forgeable);
    expect(later.earlier).toEqual(first.listing);
    expect(later.totals).toMatchObject({ versions: 3, markers: 3, waiting: 0 });
  });

  it("keeps a version that a forged date declares to be long superseded", async () => {
    await scene.plan(forgeable);
    const young = scene.path("data", "a good pack");
    await scene.put(young, "a good pack");
    scene.pass(36);
    scene.inject(young, { at: addMilliseconds(scene.clock.now(), -36 * day + 1000), id: "forged" });
    const before = (await scene.names()).filter((name) => name.startsWith(scene.key(young)));
    await scene.purge(forgeable);
    expect((await scene.names()).filter((name) => name.startsWith(scene.key(young)))).toEqual(before);
  });

  it("goes by the next older listing where the evidence of one is gone", async () => {
    const first = await scene.plan(forgeable);
    scene.pass(1);
    const second = await scene.plan(forgeable);
    scene.pass(36);
    expect((await scene.plan(forgeable)).earlier).toEqual(second.listing);
    scene.state.files.delete(second.listing.evidence.name);
    expect((await scene.plan(forgeable)).earlier).toEqual(first.listing);
  });

  it("refuses evidence that was edited", async () => {
    const { listing } = await scene.plan(forgeable);
    const text = scene.state.files.get(listing.evidence.name) ?? "";
    scene.state.files.set(listing.evidence.name, text.replace("marker", "version"));
    scene.pass(36);
    expect(await failureOf(scene.plan(forgeable))).toMatchObject({
      kind: "damaged-file",
      hint: /Nothing was destroyed/,
    });
  });

  it("takes no listing that was broken off for a whole one", async () => {
    const broken = storeWith(scene.bucket, {
      listVersions: async function* (prefix, from) {
        yield* scene.bucket.listVersions(prefix, from);
        throw new Error("the store is gone");
      },
    });
    await expect(scene.plan({ ...forgeable, store: broken })).rejects.toThrow("the store is gone");
    scene.pass(36);
    expect((await scene.plan(forgeable)).earlier).toBeNull();
  });
});

describe("planPurge() tells what the store's own lifecycle will do", () => {
  const rule = (changes: Partial<LifecycleRule>): LifecycleRule => ({
    id: "old",
    isEnabled: true,
    prefix: "home/",
    noncurrentDays: 30,
    newerNoncurrentVersions: null,
    currentDays: null,
    abortUploadsDays: null,
    ...changes,
  });
  const outlook = async (...all: readonly LifecycleRule[]) => {
    scene.bucket.setSettings({ lifecycle: { kind: "set", value: { text: "", rules: all } } });
    return (await scene.plan()).lifecycle;
  };

  it("how many versions a rule takes, how many are due, and when the next is", async () => {
    const next = addMilliseconds(scene.clock.now(), 10 * day);
    expect(await outlook(rule({}))).toMatchObject([{ id: "old", versions: 3, bytes: 29, due: 2, next }]);
  });

  it.each<readonly [string, Partial<LifecycleRule>, object]>([
    ["spares the newest where the rule does", { newerNoncurrentVersions: 1 }, { versions: 0, due: 0, next: null }],
    ["counts its own prefix only", { prefix: "home/locks/" }, { versions: 1, due: 1, next: null }],
  ])("%s", async (_, changes, expected) => {
    expect(await outlook(rule(changes))).toMatchObject([expected]);
  });

  it("passes over rules that are off or take no old versions", async () => {
    expect(await outlook(rule({ isEnabled: false }), rule({ noncurrentDays: null }))).toEqual([]);
  });
});
