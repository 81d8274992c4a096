import { describe, expect, it } from "vitest";
import { objectKey } from "../../src/base/object-key.ts";
import type { StateFolder } from "../../src/base/state-folder.ts";
import { recordedConfigHash } from "../../src/repository/repository-record.ts";
import type { Versioning } from "../../src/store/versioned-store.ts";
import { sha256 } from "../doubles/memory-repository.ts";
import { password, Scene } from "../doubles/scene.ts";
import { Fuse, Stopped } from "../doubles/store-doubles.ts";
import { create, type CreateChanges } from "./create-request.ts";

/** Everything that writes goes through the fuse: our store, restic's, and the state folder. */
function fused(scene: Scene, fuse: Fuse, version: string): CreateChanges {
  const store = fuse.store(scene.bucket);
  const { state } = scene;
  const fusedState: StateFolder = {
    pathOf: (name) => state.pathOf(name),
    read: async (name) => await state.read(name),
    replace: async (name, text) => await fuse.write(async () => await state.replace(name, text)),
    create: async (name) => await state.create(name),
    append: async (name) => await state.append(name),
    list: async (folder) => await state.list(folder),
    open: async (name) => await state.open(name),
    createSealed: async (name) => await state.createSealed(name),
    scratch: async () => await state.scratch(),
    lock: async (name) => await state.lock(name),
  };
  return { store, program: scene.restic(version, store), state: fusedState };
}

async function expectWhole(scene: Scene): Promise<void> {
  expect(await scene.repository().open(password)).toMatchObject({ kind: "opened" });
  expect(await scene.repository().names("keys")).toHaveLength(1);
  expect(await scene.bucket.versioning()).toBe("enabled");
  const rows = await scene.rows();
  expect(rows.filter((row) => row.includes('"home/config"'))).toHaveLength(1);
  expect(rows.filter((row) => row.includes('"versionId":"null"') && !row.includes("canary"))).toEqual([]);
  const config = await scene.bucket.read(objectKey("home/config"), null);
  const parts: Uint8Array[] = [];
  for await (const part of config?.bytes ?? []) parts.push(part);
  expect(await recordedConfigHash(scene.state, "home")).toBe(sha256(Buffer.concat(parts)));
}

async function writesOf(versioning: Versioning, version: string): Promise<number> {
  const scene = new Scene(versioning);
  const fuse = new Fuse(Number.POSITIVE_INFINITY, "after");
  await create(scene, fused(scene, fuse, version));
  await expectWhole(scene);
  return fuse.writes;
}

const cases = (["0.14.0", "0.19.1"] as const).flatMap((version) =>
  (["off", "enabled"] as const).flatMap((versioning) =>
    (["before", "after"] as const).map((when) => ({ version, versioning, when })),
  ),
);

describe("createRepository() after an init that was stopped", () => {
  it.each(cases)(
    "is whole after a stop just $when any one write, restic $version, versioning $versioning",
    async ({ version, versioning, when }) => {
      const writes = await writesOf(versioning, version);
      expect(writes).toBeGreaterThan(5);
      for (let limit = 1; limit <= writes; limit += 1) {
        const scene = new Scene(versioning);
        await expect(create(scene, fused(scene, new Fuse(limit, when), version))).rejects.toBeInstanceOf(Stopped);
        scene.clock.pass(60_000);
        await create(scene, { program: scene.restic(version) });
        await expectWhole(scene);
      }
    },
  );

  it.each(["0.14.0", "0.19.1"])("is whole after two stops, with restic %s", async (version) => {
    for (let first = 1; first <= 7; first += 1) {
      for (let second = 1; second <= 7; second += 1) {
        const scene = new Scene("off");
        for (const limit of [first, second]) {
          await create(scene, fused(scene, new Fuse(limit, "after"), version)).catch((error: unknown) =>
            expect(error).toBeInstanceOf(Stopped),
          );
          scene.clock.pass(60_000);
        }
        await create(scene, { program: scene.restic(version) });
        await expectWhole(scene);
      }
    }
  });

  it.each(["0.14.0", "0.19.1"])("hides the key of one that wrote no config, with restic %s", async (version) => {
    const scene = new Scene();
    const left = `home/keys/${sha256("left over")}`;
    await scene.bucket.put(objectKey(left), new TextEncoder().encode("left over"));
    const told: string[] = [];
    const done = await create(scene, { program: scene.restic(version), onStep: (text) => told.push(text) });
    expect(done.created).toBe(true);
    expect(told).toContain("hiding the key that an earlier, stopped init left");
    expect(await scene.visible("home/keys/")).not.toContain(left);
    expect((await scene.rows()).filter((row) => row.includes(left))).toHaveLength(2);
    await expectWhole(scene);
  });
});
