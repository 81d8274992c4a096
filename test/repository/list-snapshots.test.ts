import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { listSnapshots, type StoredSnapshot } from "../../src/repository/list-snapshots.ts";
import type { ResticProgram } from "../../src/restic/restic-program.ts";
import type { ReadableStore } from "../../src/store/versioned-store.ts";
import { password, Scene, sessionOf } from "../doubles/scene.ts";
import { ScriptedRestic } from "../doubles/scripted-restic.ts";
import { storeFailure, storeWith } from "../doubles/store-doubles.ts";

const hour = 3_600_000;
const releases = ["0.14.0", "0.19.1"] as const;

interface Sides {
  readonly program?: ResticProgram;
  readonly store?: () => Promise<ReadableStore>;
}

async function list(scene: Scene, sides: Sides = {}): Promise<readonly StoredSnapshot[]> {
  const { program = scene.restic(), store = async () => await Promise.resolve(scene.bucket) } = sides;
  return await listSnapshots({ session: sessionOf(program), store, signal: undefined });
}

/** A repository with snapshots taken an hour apart, oldest first. */
async function repositoryOf(count: number): Promise<{ readonly scene: Scene; readonly ids: readonly string[] }> {
  const scene = new Scene();
  await scene.repository().create(password);
  const ids: string[] = [];
  for (let each = 0; each < count; each += 1) {
    scene.clock.pass(hour);
    ids.push(await scene.repository().addSnapshot());
  }
  return { scene, ids };
}

const empty = new ScriptedRestic("0.14.0", { exitCode: 0, stdout: ["[]"] });

describe("listSnapshots()", () => {
  it.each(releases)("gives both times of each snapshot, oldest first, with restic %s", async (version) => {
    const { scene, ids } = await repositoryOf(3);
    const listed = await list(scene, { program: scene.restic(version) });
    expect(listed.map(({ id }) => id)).toEqual(ids);
    for (const { time, storedAt, differs } of listed) expect([storedAt, differs]).toEqual([time, false]);
  });

  it("gives none of an empty repository", async () => {
    const { scene } = await repositoryOf(0);
    expect(await list(scene)).toEqual([]);
    expect(await list(scene, { program: empty })).toEqual([]);
  });

  it.each([
    ["marks more than an hour before", -hour - 1000, true],
    ["marks more than an hour after", hour + 1000, true],
    ["does not mark exactly an hour before", -hour, false],
    ["does not mark exactly an hour after", hour, false],
  ])("%s the store's own time", async (_, offset, differs) => {
    const { scene } = await repositoryOf(0);
    await scene.repository().addSnapshot({ time: addMilliseconds(scene.clock.now(), offset) });
    const [only] = await list(scene);
    expect(only).toMatchObject({ differs, storedAt: scene.clock.now() });
  });

  it("ignores what stands under snapshots/ and is no snapshot", async () => {
    const { scene, ids } = await repositoryOf(1);
    for (const name of ["snapshots/README", "snapshots/deeper/".concat("a".repeat(64)), "snapshots/1234"]) {
      await scene.bucket.put(objectKey(`home/${name}`), new Uint8Array([1]));
    }
    expect((await list(scene)).map(({ id }) => id)).toEqual(ids);
  });

  it("reads the store while restic is still running", async () => {
    const { scene, ids } = await repositoryOf(1);
    const begun = Promise.withResolvers<undefined>();
    const restic = scene.restic();
    const program: ResticProgram = {
      path: restic.path,
      version: restic.version,
      run: async (call) => {
        await begun.promise;
        return await restic.run(call);
      },
    };
    const store = storeWith(scene.bucket, {
      listCurrent: (prefix) => {
        begun.resolve(undefined);
        return scene.bucket.listCurrent(prefix);
      },
    });
    const listed = await list(scene, { program, store: async () => await Promise.resolve(store) });
    expect(listed.map(({ id }) => id)).toEqual(ids);
  });
});

describe("listSnapshots() while a backup or a prune is under way", () => {
  it("is not alarmed by a snapshot that is stored after restic has read its list", async () => {
    const { scene, ids } = await repositoryOf(1);
    const program = scene.restic();
    const later: string[] = [];
    program.onEnd = async () => {
      if (later.length === 0) later.push(await scene.repository().addSnapshot());
    };
    const listed = await list(scene, { program, store: async () => await settled(scene.bucket) });
    expect(listed.map(({ id }) => id).toSorted()).toEqual([...ids, ...later].toSorted());
    expect(program.commands).toEqual(["snapshots", "snapshots"]);
  });

  it("gives a snapshot that went while the list was read without the store's time", async () => {
    const { scene, ids } = await repositoryOf(2);
    const program = scene.restic();
    program.onEnd = async () => await scene.repository().forget(ids.slice(0, 1));
    const listed = await list(scene, { program, store: async () => await settled(scene.bucket) });
    expect(listed.map(({ id, storedAt }) => [id, storedAt === null])).toEqual([
      [ids[0], true],
      [ids[1], false],
    ]);
    expect(listed[0]?.differs).toBe(false);
  });
});

describe("listSnapshots() does not believe restic's exit 0", () => {
  it("when its list is empty and objects stand under snapshots/", async () => {
    const { scene, ids } = await repositoryOf(3);
    const attempt = list(scene, { program: empty });
    await expect(attempt).rejects.toMatchObject({
      kind: "restic-failed",
      action: "list the snapshots of",
      subject: "home",
      problem: expect.stringMatching(
        /^restic lists 0 snapshots, and the store holds 3 more, such as snapshots\//,
      ) as string,
    });
    await expect(attempt).rejects.toMatchObject({
      problem: expect.stringContaining([...ids].sort()[0] ?? "?") as string,
    });
  });

  it("when its list is short by one", async () => {
    const { scene, ids } = await repositoryOf(3);
    const restic = scene.restic();
    const { stdout } = await sessionOf(restic).program.run({
      arguments: ["snapshots"],
      environment: sessionOf(restic).environment,
    });
    const fewer = (JSON.parse(stdout.join("")) as readonly { readonly id: string }[]).filter(({ id }) => id !== ids[1]);
    const program = new ScriptedRestic("0.19.1", { exitCode: 0, stdout: [JSON.stringify(fewer)] });
    await expect(list(scene, { program })).rejects.toMatchObject({
      problem: `restic lists 2 snapshots, and the store holds 1 more, such as snapshots/${ids[1] ?? ""}`,
    });
  });

  it.each(["0.14.0", "0.18.0", "0.19.1"])("when %s says that it left one out", async (version) => {
    const { scene, ids } = await repositoryOf(2);
    const key = objectKey(`home/snapshots/${ids[0] ?? ""}`);
    await scene.bucket.put(key, new TextEncoder().encode("an intruder's bytes"));
    await expect(list(scene, { program: scene.restic(version) })).rejects.toMatchObject({
      kind: "restic-failed",
      problem: expect.stringContaining("restic left one out: ") as string,
    });
  });

  it.each(["", "{}", "Fatal: nothing", '[{"time":"yesterday","id":"x"}]', '[{"time":"2026-11-20T03:00:00Z"}]', "[{"])(
    "when what it printed is no list of snapshots: %j",
    async (stdout) => {
      const { scene } = await repositoryOf(0);
      const program = new ScriptedRestic("0.19.1", { exitCode: 0, stdout: [stdout] });
      await expect(list(scene, { program })).rejects.toMatchObject({
        kind: "restic-failed",
        problem: "restic's list cannot be understood",
      });
    },
  );
});

describe("listSnapshots() passes on", () => {
  it("how restic failed, though the store failed too", async () => {
    const { scene } = await repositoryOf(1);
    const program = new ScriptedRestic("0.19.1", { exitCode: 12, stderr: ["Fatal: wrong password or no key found"] });
    const store = async () => await Promise.reject(storeFailure("store-unreachable", "the store does not answer"));
    await expect(list(scene, { program, store })).rejects.toMatchObject({ kind: "wrong-password" });
  });

  it("how the store failed, once restic has ended", async () => {
    const { scene } = await repositoryOf(1);
    const program = scene.restic();
    const ended: string[] = [];
    program.onEnd = async (command) => {
      await settled(undefined);
      ended.push(command);
    };
    const store = async () => await Promise.reject(storeFailure("store-denied", "the store refused the key"));
    await expect(list(scene, { program, store })).rejects.toMatchObject({ kind: "store-denied" });
    expect(ended).toEqual(["snapshots"]);
  });
});

/** After all that is due now. */
async function settled<T>(value: T): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve));
  return value;
}
