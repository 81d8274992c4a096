import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { recordedConfigHash } from "../../src/repository/repository-record.ts";
import { sha256 } from "../doubles/memory-repository.ts";
import { sampleProfile } from "../doubles/sample-profile.ts";
import { password, Scene } from "../doubles/scene.ts";
import { beginningLate, denying, fakingVersions, storeFailure, storeWith } from "../doubles/store-doubles.ts";
import { create } from "./create-request.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const releases = ["0.14.0", "0.16.4", "0.19.1"] as const;
const record = async (scene: Scene): Promise<string | null> => await recordedConfigHash(scene.state, "home");

async function currentConfig(scene: Scene): Promise<Uint8Array> {
  const content = await scene.bucket.read(objectKey("home/config"), null);
  const parts: Uint8Array[] = [];
  for await (const part of content?.bytes ?? []) parts.push(part);
  return Buffer.concat(parts);
}

describe("createRepository() in an empty place", () => {
  it.each(releases)("makes one that the password opens, with restic %s", async (version) => {
    const scene = new Scene("off");
    const done = await create(scene, { program: scene.restic(version) });
    const opened = await scene.repository().open(password);
    expect(opened).toMatchObject({ kind: "opened", id: done.repositoryId });
    expect(done).toMatchObject({ created: true, versioning: "enabled", findings: [] });
  });

  it("turns versioning on before anything is written", async () => {
    const scene = new Scene("off");
    const wrote: string[] = [];
    const store = storeWith(scene.bucket, {
      enableVersioning: async () => {
        wrote.push("versioning");
        await scene.bucket.enableVersioning();
      },
      put: async (key, content) => {
        wrote.push(key.replace(/canary-.*|[0-9a-f]{64}/, "…"));
        return await scene.bucket.put(key, content);
      },
    });
    await create(scene, { store });
    const canary = "home/locks/holdfast-…";
    expect(wrote).toEqual(["versioning", canary, canary, "home/keys/…", "home/config"]);
    expect((await scene.rows()).filter((row) => row.includes('"versionId":"null"'))).toEqual([]);
  });

  it("proves versioning also where the store says that it is on already", async () => {
    const scene = new Scene("enabled");
    const puts: string[] = [];
    const store = storeWith(scene.bucket, {
      put: async (key, content) => {
        puts.push(key);
        return await scene.bucket.put(key, content);
      },
    });
    await create(scene, { store });
    expect(puts.filter((key) => key.includes("canary"))).toHaveLength(2);
  });

  it("leaves nothing behind but the repository", async () => {
    const scene = new Scene("off");
    await create(scene);
    expect((await scene.visible()).map((key) => key.replace(/[0-9a-f]{64}/, "…"))).toEqual([
      "home/config",
      "home/keys/…",
    ]);
    expect(await scene.rows()).toHaveLength(2);
  });

  it("records the SHA-256 of the object config", async () => {
    const scene = new Scene();
    const { repositoryId } = await create(scene);
    expect(await record(scene)).toBe(sha256(await currentConfig(scene)));
    expect(scene.state.files.get("repositories/home.json")).toContain(repositoryId);
  });

  it("takes its own canaries, and what stands under other prefixes, for nothing", async () => {
    const scene = new Scene();
    const beside = ["home/locks/holdfast-canary-abc", "home/holdfast-canary/x", "home2/config", "config", "other/x"];
    for (const key of beside) await scene.bucket.put(objectKey(key), bytes("x"));
    await scene.bucket.hide([objectKey("home/locks/holdfast-canary-abc")]);
    expect(await create(scene)).toMatchObject({ created: true });
  });

  it("tells what the provider's nature takes away", async () => {
    const profile = sampleProfile({ objectLock: { value: "none", evidence: "tried" } });
    const { findings } = await create(new Scene(), { profile });
    expect(findings.map(({ rule }) => rule)).toEqual(["no-object-lock"]);
  });
});

describe("createRepository() refuses", () => {
  it("a bucket that does not exist, before restic is asked anything", async () => {
    const scene = new Scene();
    const program = scene.restic();
    const versioning = async () => await Promise.reject(storeFailure("no-repository", "the bucket does not exist"));
    await expect(create(scene, { program, store: storeWith(scene.bucket, { versioning }) })).rejects.toMatchObject({
      kind: "refused",
      problem: "the bucket does not exist, and restic would make one without versions",
      hint: expect.stringContaining("backups") as string,
    });
    expect(program.calls).toEqual([]);
  });

  it.each<[string, string, (scene: Scene) => Promise<unknown>]>([
    ["any version", "home/data/old", async ({ bucket }) => await bucket.put(objectKey("home/data/old"), bytes("x"))],
    ["any marker", "home/x", async ({ bucket }) => await bucket.hide([objectKey("home/x")])],
    [
      "an older version under a marker",
      "home/config",
      async ({ bucket }) => {
        await bucket.put(objectKey("home/config"), bytes("x"));
        await bucket.hide([objectKey("home/config")]);
      },
    ],
    [
      "a snapshot beside keys",
      `home/snapshots/${"a".repeat(64)}`,
      async ({ bucket }) => {
        await bucket.put(objectKey(`home/keys/${"b".repeat(64)}`), bytes("x"));
        await bucket.put(objectKey(`home/snapshots/${"a".repeat(64)}`), bytes("x"));
      },
    ],
    [
      "a lock",
      `home/locks/${"c".repeat(64)}`,
      async ({ bucket }) => await bucket.hide([objectKey(`home/locks/${"c".repeat(64)}`)]),
    ],
  ])("a prefix where %s stands, naming it and writing nothing", async (_, key, spoil) => {
    const scene = new Scene();
    await spoil(scene);
    const before = await scene.rows();
    await expect(create(scene)).rejects.toMatchObject({
      kind: "refused",
      subject: "backups/home",
      problem: expect.stringContaining(key) as string,
    });
    expect(await scene.rows()).toEqual(before);
    expect(scene.state.files.size).toBe(0);
  });

  it("a store without versions, saying what is lost there", async () => {
    const scene = new Scene("unsupported");
    const attempt = create(scene, { profile: sampleProfile({ title: "Garage" }) });
    await expect(attempt).rejects.toMatchObject({
      kind: "refused",
      problem: "Garage keeps no versions",
      details: { lost: expect.stringContaining("no rollback") as string },
    });
    expect(await scene.rows()).toEqual([]);
  });

  it.each(["suspended", "off"] as const)("a repository in a bucket whose versioning is %s", async (versioning) => {
    const scene = new Scene();
    await scene.repository().create(password);
    scene.bucket.setVersioning(versioning);
    await expect(create(scene)).rejects.toMatchObject({
      kind: "refused",
      problem: `the repository is there, and versioning of its bucket is ${versioning}`,
      hint: expect.stringContaining("holdfast init home") as string,
    });
    expect(await scene.bucket.versioning()).toBe(versioning);
  });

  it("a store that gives version ids and keeps nothing", async () => {
    const scene = new Scene();
    const program = scene.restic();
    await expect(create(scene, { program, store: fakingVersions(scene.bucket) })).rejects.toMatchObject({
      kind: "refused",
      problem: expect.stringContaining("canary is gone") as string,
    });
    expect(program.commands).toEqual(["cat"]);
    expect(await scene.visible()).toEqual([]);
  });

  it("a store that does not know how to turn versioning on", async () => {
    const scene = new Scene("off");
    const enableVersioning = async () =>
      await Promise.reject(storeFailure("store-misbehaves", "the store answered 501 (NotImplemented)"));
    await expect(create(scene, { store: storeWith(scene.bucket, { enableVersioning }) })).rejects.toMatchObject({
      kind: "refused",
      problem: "the store keeps no versions (NotImplemented)",
    });
  });
});

describe("createRepository() on a store that is slow to begin", () => {
  it.each([1, 14])("waits %s minutes until versions are kept, and only then makes the repository", async (minutes) => {
    const scene = new Scene("off");
    const begins = addMilliseconds(scene.clock.now(), minutes * 60_000);
    const told: string[] = [];
    const store = beginningLate(scene.bucket, scene.clock, begins);
    await create(scene, { store, onStep: (text) => told.push(text) });
    expect(scene.clock.now()).toBe(begins);
    expect(new Set(scene.clock.sleeps)).toEqual(new Set([15_000]));
    expect(told).toContain("the store does not keep versions yet; trying again in 15 s");
    expect((await scene.rows()).filter((row) => row.includes('"versionId":"null"'))).toEqual([]);
  });

  it("gives up after 15 minutes and has made nothing", async () => {
    const scene = new Scene("off");
    const program = scene.restic();
    const begins = addMilliseconds(scene.clock.now(), 3_600_000);
    const attempt = create(scene, { program, store: beginningLate(scene.bucket, scene.clock, begins) });
    await expect(attempt).rejects.toMatchObject({ kind: "refused", subject: "backups/home" });
    expect(scene.clock.sleeps.reduce((sum, each) => sum + each, 0)).toBe(900_000);
    expect(program.commands).toEqual(["cat"]);
    expect(await scene.rows()).toEqual([]);
  });
});

describe("createRepository() where a repository stands", () => {
  it.each(releases)("says so and changes nothing, with restic %s", async (version) => {
    const scene = new Scene();
    const repositoryId = await scene.repository().create(password);
    await scene.repository().addSnapshot();
    const before = await scene.rows();
    const program = scene.restic(version);
    expect(await create(scene, { program })).toEqual({
      repositoryId,
      versioning: "enabled",
      created: false,
      findings: [],
    });
    expect(await scene.rows()).toEqual(before);
    expect(program.commands).toEqual(["cat"]);
  });

  it.each(releases)("passes restic %s's wrong password on and changes nothing", async (version) => {
    const scene = new Scene();
    await scene.repository().create("somebody else's");
    const before = await scene.rows();
    await expect(create(scene, { program: scene.restic(version) })).rejects.toMatchObject({ kind: "wrong-password" });
    expect(await scene.rows()).toEqual(before);
    expect(scene.state.files.size).toBe(0);
  });

  it("records the hash of a config that never had another version", async () => {
    const scene = new Scene();
    await scene.repository().create(password);
    await create(scene);
    expect(await record(scene)).toBe(sha256(await currentConfig(scene)));
  });

  it("takes no hash of a config that has two versions, which may be an intruder's", async () => {
    const scene = new Scene();
    await scene.repository().create(password);
    await scene.bucket.put(objectKey("home/config"), await currentConfig(scene));
    expect(await create(scene)).toMatchObject({ created: false });
    expect(await record(scene)).toBeNull();
  });

  it("keeps the hash that was recorded when it was made", async () => {
    const scene = new Scene();
    await create(scene);
    const recorded = scene.state.files.get("repositories/home.json");
    scene.clock.pass(60_000);
    await create(scene);
    expect(scene.state.files.get("repositories/home.json")).toBe(recorded);
  });

  it("leaves the hash out where the key may not list versions", async () => {
    const scene = new Scene();
    await scene.repository().create(password);
    expect(await create(scene, { store: denying(scene.bucket, "listVersions") })).toMatchObject({ created: false });
    expect(await record(scene)).toBeNull();
  });
});

describe("createRepository() with a key that may not do a step", () => {
  const rescuer = {
    kind: "store-denied",
    hint: "run this once where the rescuer's key is: holdfast init home --role rescuer",
  };

  it.each(["listVersions", "put"] as const)("names where to do it when %s is denied", async (grant) => {
    const scene = new Scene();
    await expect(create(scene, { store: denying(scene.bucket, grant) })).rejects.toMatchObject(rescuer);
    expect(await scene.rows()).toEqual([]);
  });

  it("names where to do it when versioning may not be turned on, and has written nothing", async () => {
    const scene = new Scene("off");
    const store = denying(scene.bucket, "enableVersioning");
    await expect(create(scene, { store })).rejects.toMatchObject(rescuer);
    expect(await scene.rows()).toEqual([]);
  });

  it("names where to do it when the canary may be neither destroyed nor hidden", async () => {
    const store = (scene: Scene) => denying(scene.bucket, "destroyVersions", "hide");
    const scene = new Scene();
    await expect(create(scene, { store: store(scene) })).rejects.toMatchObject(rescuer);
  });

  it.each(releases)("names where to do it when restic %s may not write config", async (version) => {
    const scene = new Scene();
    const restics = storeWith(scene.bucket, {
      put: async (key, content) => {
        if (key === "home/config") throw storeFailure("store-denied", "the store refused the key (AccessDenied)");
        return await scene.bucket.put(key, content);
      },
    });
    const program = scene.restic(version, restics);
    await expect(create(scene, { program })).rejects.toMatchObject(rescuer);
  });

  it("names where to do it when a left-over key may not be hidden", async () => {
    const scene = new Scene();
    await scene.bucket.put(objectKey(`home/keys/${"a".repeat(64)}`), bytes("{}"));
    const store = storeWith(scene.bucket, {
      hide: async (keys) => {
        const error = { code: "AccessDenied", message: "Access Denied." };
        return await Promise.resolve(keys.map((key) => ({ key, versionId: null, error })));
      },
    });
    await expect(create(scene, { store })).rejects.toMatchObject(rescuer);
  });
});

describe("createRepository() as a dry run", () => {
  it.each(["off", "suspended", "enabled"] as const)("writes nothing to a bucket that is %s", async (versioning) => {
    const scene = new Scene(versioning);
    expect(await create(scene, { dryRun: true })).toEqual({
      repositoryId: null,
      versioning,
      created: true,
      findings: [],
    });
    expect(await scene.rows()).toEqual([]);
    expect(await scene.bucket.versioning()).toBe(versioning);
    expect(scene.state.files.size).toBe(0);
  });

  it("says that a repository is there, and records nothing", async () => {
    const scene = new Scene();
    await scene.repository().create(password);
    const before = await scene.rows();
    expect(await create(scene, { dryRun: true })).toMatchObject({ created: false });
    expect(await scene.rows()).toEqual(before);
    expect(scene.state.files.size).toBe(0);
  });

  it("refuses what a real run would refuse", async () => {
    const scene = new Scene();
    await scene.bucket.put(objectKey("home/x"), bytes("x"));
    await expect(create(scene, { dryRun: true })).rejects.toMatchObject({ kind: "refused" });
  });
});
