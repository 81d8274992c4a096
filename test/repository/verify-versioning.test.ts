import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import { repositoryObject } from "../../src/restic/layout.ts";
import { verifyVersioning } from "../../src/repository/verify-versioning.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { Scene } from "../doubles/scene.ts";
import { beginningLate, denying, storeFailure, storeWith } from "../doubles/store-doubles.ts";
import { sampleAccess } from "../restic/sample-access.ts";

async function verify(scene: Scene, store: PurgingStore, signal?: AbortSignal): Promise<void> {
  const { location } = sampleAccess();
  await verifyVersioning({ store, location, clock: scene.clock, signal, onStep: () => undefined });
}

async function rowsOf(scene: Scene): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of scene.bucket.listVersions("")) rows.push(...page);
  return rows;
}

describe("verifyVersioning()", () => {
  it("is content at once with a bucket that keeps versions, and leaves no canary", async () => {
    const scene = new Scene();
    await verify(scene, scene.bucket);
    expect(await rowsOf(scene)).toEqual([]);
    expect(scene.clock.sleeps).toEqual([]);
  });

  it("hides its canary where the key may not destroy versions", async () => {
    const scene = new Scene();
    await verify(scene, denying(scene.bucket, "destroyVersions"));
    expect(await scene.visible()).toEqual([]);
    expect((await rowsOf(scene)).map(({ kind }) => kind)).toEqual(["marker", "version", "version"]);
  });

  it("hides its canary where the store refuses to destroy single versions of it", async () => {
    const scene = new Scene();
    const error = { code: "AccessDenied", message: "Access Denied." };
    const store = storeWith(scene.bucket, {
      destroyVersions: async (rows) =>
        await Promise.resolve(rows.map(({ key, versionId }) => ({ key, versionId, error }))),
    });
    await verify(scene, store);
    expect(await scene.visible()).toEqual([]);
  });

  it("hides its canary where the key may not list versions", async () => {
    const scene = new Scene();
    await verify(scene, denying(scene.bucket, "listVersions"));
    expect(await scene.visible()).toEqual([]);
  });

  it("puts canaries only under names that count as nothing anywhere", async () => {
    const scene = new Scene();
    const keys: string[] = [];
    const store = storeWith(scene.bucket, {
      put: async (key, content) => {
        keys.push(key);
        return await scene.bucket.put(key, content);
      },
    });
    await verify(scene, store);
    expect(keys.map((key) => repositoryObject(key.replace("home/", "")).kind)).toEqual(["canary", "canary"]);
  });

  it("takes no canary away that is not of this trial", async () => {
    const scene = new Scene();
    const puts: string[] = [];
    const store = storeWith(scene.bucket, {
      put: async (key, content) => {
        puts.push(key);
        if (puts.length === 1) await scene.bucket.put(`${key}0` as typeof key, content);
        return await scene.bucket.put(key, content);
      },
    });
    await verify(scene, store);
    expect((await rowsOf(scene)).map(({ key }) => key)).toEqual([`${puts[0] ?? ""}0`]);
  });

  it("tries again every 15 s until versions are kept, and takes the canaries of every try away", async () => {
    const scene = new Scene("off");
    await verify(scene, beginningLate(scene.bucket, scene.clock, addMilliseconds(scene.clock.now(), 50_000)));
    expect(scene.clock.sleeps).toEqual([15_000, 15_000, 15_000, 15_000]);
    expect(await rowsOf(scene)).toEqual([]);
  });

  it("ends its waiting with the reason of the abort", async () => {
    const scene = new Scene("off");
    const reason = new Error("Ctrl-C");
    const store = beginningLate(scene.bucket, scene.clock, addMilliseconds(scene.clock.now(), 50_000));
    await expect(verify(scene, store, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("does not take a store that stopped answering for one that keeps nothing", async () => {
    const scene = new Scene();
    const read = async () => await Promise.reject(storeFailure("store-unreachable", "the store does not answer"));
    await expect(verify(scene, storeWith(scene.bucket, { read }))).rejects.toMatchObject({ kind: "store-unreachable" });
  });
});
