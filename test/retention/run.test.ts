import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { checkRepository } from "../../src/repository/check-repository.ts";
import { listSnapshots } from "../../src/repository/list-snapshots.ts";
import type { ResticProgram } from "../../src/restic/restic-program.ts";
import type { RetentionPlan } from "../../src/retention/plan.ts";
import { bytesPruned, packsRemoved } from "../../src/retention/restic-steps.ts";
import { prune, type PruneRequest, type PruneResult } from "../../src/retention/run.ts";
import type { RetentionRules } from "../../src/retention/rules.ts";
import { idsOf, type MemoryRestic } from "../doubles/memory-restic.ts";
import { password, Scene, sessionOf } from "../doubles/scene.ts";
import { ScriptedRestic } from "../doubles/scripted-restic.ts";
import { denying, Fuse, Stopped, storeWith } from "../doubles/store-doubles.ts";
import { railNames } from "../../src/retention/plan.ts";
import { readRecord, updateRecord } from "../../src/retention/record-file.ts";
import type { Interrupted } from "../../src/retention/record-run.ts";
import { withHold } from "../../src/retention/record.ts";
import { MemoryState } from "../rollback/memory-state.ts";
import { sampleSettings } from "./sample-settings.ts";

const day = 86_400_000;
const { signal } = new AbortController();

interface PruneChanges extends Partial<Omit<PruneRequest, "release">> {
  readonly release?: readonly string[];
  readonly rules?: RetentionRules;
}

/** As the command puts it together: the list counted against the store, the check by restic. */
async function run(scene: Scene, program: ResticProgram, changes: PruneChanges = {}): Promise<PruneResult> {
  const session = sessionOf(program);
  const { clock, bucket, state } = scene;
  const { release = [], rules = { "group-by": "host", "keep-last": 1 }, ...more } = changes;
  return await prune({
    session,
    settings: sampleSettings({ rules }),
    state,
    store: bucket,
    history: bucket,
    checkRuns: 30,
    pruneLimits: {},
    clock,
    patience: 0,
    signal,
    dryRun: false,
    release: new Set(release),
    list: async () => await listSnapshots({ session, signal, store: async () => await Promise.resolve(bucket) }),
    check: async (readDataSubset) =>
      (
        await checkRepository({
          session,
          clock,
          patience: 0,
          readDataSubset,
          signal,
          withoutLock: more.dryRun === true,
        })
      ).errors,
    onProgress: () => undefined,
    onPlan: () => undefined,
    ...more,
  });
}

/** A repository with a snapshot a day of one host, oldest first. */
async function repositoryOf(count: number): Promise<{ readonly scene: Scene; readonly ids: readonly string[] }> {
  const scene = new Scene();
  await scene.repository().create(password);
  const ids: string[] = [];
  for (let each = 0; each < count; each += 1) {
    scene.clock.pass(day);
    ids.push(await scene.repository().addSnapshot());
  }
  scene.clock.pass(day);
  return { scene, ids };
}

async function standing(scene: Scene): Promise<readonly string[]> {
  return (await scene.repository().snapshots()).map(({ id }) => id);
}

/** The ids that each forget was given. */
function forgotten(program: MemoryRestic): readonly (readonly string[])[] {
  return program.calls.filter(({ arguments: [command] }) => command === "forget").map((call) => idsOf(call));
}

const last = (ids: readonly string[]): string => ids.at(-1) ?? "";

describe("prune()", () => {
  it.each(["0.14.0", "0.16.4", "0.19.1"])(
    "forgets what no rule keeps and removes its packs, with %s",
    async (version) => {
      const { scene, ids } = await repositoryOf(3);
      const done = await run(scene, scene.restic(version));
      expect(done).toMatchObject({
        kept: [ids[2]],
        forgotten: [ids[1], ids[0]].map((id) => ({ id, reasons: ["no rule keeps it"] })),
        held: [],
        packsRemoved: 2,
        checked: { errors: 0, readData: "1/30" },
      });
      expect(await standing(scene)).toEqual([ids[2]]);
      expect(await scene.visible("home/data/")).toHaveLength(1);
    },
  );

  it("looks, checks, forgets, counts, prunes and checks again, each after removing stale locks", async () => {
    const { scene } = await repositoryOf(3);
    const program = scene.restic();
    program.hasStaleLock = true;
    await run(scene, program);
    expect(program.commands).toEqual([
      "snapshots",
      "unlock",
      "check",
      "unlock",
      "forget",
      "snapshots",
      "unlock",
      "prune",
      "unlock",
      "check",
    ]);
  });

  it("shows the plan before anything is done", async () => {
    const { scene } = await repositoryOf(3);
    const program = scene.restic();
    const plans: RetentionPlan[] = [];
    await run(scene, program, {
      onPlan: (plan) => {
        expect(program.commands).toEqual(["snapshots"]);
        plans.push(plan);
      },
    });
    expect(plans.map(({ decisions }) => decisions.length)).toEqual([3]);
  });

  it("gives forget exactly the ids of the plan, 500 at a time", async () => {
    const { scene, ids } = await repositoryOf(1203);
    const program = scene.restic();
    const done = await run(scene, program);
    const batches = forgotten(program);
    expect(batches.map(({ length }) => length)).toEqual([500, 500, 202]);
    expect(batches.flat()).toEqual(done.forgotten.map(({ id }) => id));
    expect(batches.flat().toSorted()).toEqual(ids.slice(0, -1).toSorted());
    for (const { arguments: words } of program.calls.filter((call) => call.arguments[0] === "forget")) {
      expect(words.filter((word) => /^--(?:keep|tag|host|path|prune)/.test(word))).toEqual([]);
    }
  });

  it("still prunes where there is nothing to forget, and then does not call forget", async () => {
    const { scene, ids } = await repositoryOf(1);
    const program = scene.restic();
    expect(await run(scene, program)).toMatchObject({ kept: ids, forgotten: [], held: [], packsRemoved: 0 });
    expect(program.commands).toEqual(["snapshots", "unlock", "check", "unlock", "prune", "unlock", "check"]);
  });

  it("removes packs that an earlier forget left", async () => {
    const { scene, ids } = await repositoryOf(3);
    await scene.repository().forget(ids.slice(0, 2));
    expect(await run(scene, scene.restic())).toMatchObject({ forgotten: [], packsRemoved: 2 });
  });

  it.each(["0.14.0", "0.19.1"])("waits for another restic as long as it was told, with %s", async (version) => {
    const { scene, ids } = await repositoryOf(2);
    const program = scene.restic(version);
    program.lockedUntil = addMilliseconds(scene.clock.now(), 20_000);
    const check = async () => await Promise.resolve(0);
    const done = await run(scene, program, { patience: 60_000, check });
    expect(done.kept).toEqual([last(ids)]);
    program.lockedUntil = addMilliseconds(scene.clock.now(), 120_000);
    await expect(run(scene, program, { patience: 60_000, check })).rejects.toMatchObject({ kind: "locked" });
  });

  it("hands the signal of Ctrl-C to everything that writes", async () => {
    const { scene } = await repositoryOf(2);
    const program = scene.restic();
    await run(scene, program);
    expect(program.calls.map((call) => call.signal === signal)).toEqual(program.calls.map(() => true));
  });
});

describe("prune() as a dry run", () => {
  it("gives the plan and calls neither forget nor prune, nor writes a lock", async () => {
    const { scene, ids } = await repositoryOf(3);
    const before = await scene.rows();
    const program = scene.restic();
    const done = await run(scene, program, { dryRun: true });
    expect(done).toMatchObject({ kept: [ids[2]], held: [], packsRemoved: 0, bytesToFree: 1202, checked: null });
    expect(done.forgotten.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    expect(program.commands).toEqual(["snapshots", "check", "forget"]);
    expect(await scene.rows()).toEqual(before);
    expect(scene.state.files.size).toBe(0);
  });

  it("says which rail holds", async () => {
    const { scene, ids } = await repositoryOf(1);
    const rules = { "group-by": "", "keep-tag": ["x"] };
    const done = await run(scene, scene.restic(), { dryRun: true, rules });
    expect(done).toMatchObject({ kept: ids, forgotten: [] });
    expect(done.held.map(({ rail }) => rail)).toEqual(["group-emptied"]);
  });
});

describe("prune() held by a rail", () => {
  const typo = { "group-by": "host", "keep-tag": ["dialy"] };

  it.each([[[]], [["empty-list"]], [["empty-list", "group-emptied", "check-failed"]]])(
    "does nothing with an empty list, whatever is released: %j",
    async (release) => {
      const { scene } = await repositoryOf(0);
      const program = scene.restic();
      const done = await run(scene, program, { release });
      expect(done).toMatchObject({ kept: [], forgotten: [], packsRemoved: 0 });
      expect(done.held.map(({ rail }) => rail)).toEqual(["empty-list"]);
      expect(program.commands).toEqual(["snapshots"]);
    },
  );

  it("keeps everything where a group would be emptied", async () => {
    const { scene, ids } = await repositoryOf(3);
    const program = scene.restic();
    const done = await run(scene, program, { rules: typo });
    expect(done).toMatchObject({ forgotten: [], packsRemoved: 0 });
    expect(done.kept.toSorted()).toEqual(ids.toSorted());
    expect(done.held).toMatchObject([{ rail: "group-emptied", release: "--release group-emptied" }]);
    expect(program.commands).toEqual(["snapshots", "unlock", "check"]);
    expect((await standing(scene)).toSorted()).toEqual(ids.toSorted());
  });

  it("empties a group when that is released, and holds again the next time", async () => {
    const { scene, ids } = await repositoryOf(2);
    const laptop = await scene.repository().addSnapshot({ hostname: "laptop", tags: ["keep"] });
    const rules = { "group-by": "host", "keep-tag": ["keep"] };
    const done = await run(scene, scene.restic(), { rules, release: ["group-emptied"] });
    expect(done).toMatchObject({ kept: [laptop], held: [], packsRemoved: 2 });
    expect(done.forgotten.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    await scene.repository().addSnapshot();
    expect((await run(scene, scene.restic(), { rules })).held.map(({ rail }) => rail)).toEqual(["group-emptied"]);
  });

  it.each(["0.14.0", "0.19.1"])(
    "forgets nothing in a repository that check finds damaged, with %s",
    async (version) => {
      const { scene, ids } = await repositoryOf(3);
      const [pack] = await scene.visible("home/data/");
      await scene.bucket.hide([objectKey(pack ?? "")]);
      const program = scene.restic(version);
      const done = await run(scene, program);
      expect(done).toMatchObject({ forgotten: [], packsRemoved: 0 });
      expect(done.held).toMatchObject([
        { rail: "check-failed", figure: "check found 1 error", release: "--release check-failed" },
      ]);
      expect(done.kept.toSorted()).toEqual(ids.toSorted());
      expect(program.commands).toEqual(["snapshots", "unlock", "check"]);
    },
  );

  it("leaves the check out when that is released", async () => {
    const { scene, ids } = await repositoryOf(2);
    const program = scene.restic();
    const check = async (readData: string | null) =>
      readData === null ? await Promise.reject(new Error("check was called before")) : 0;
    expect(await run(scene, program, { release: ["check-failed"], check })).toMatchObject({
      kept: [last(ids)],
      held: [],
    });
  });

  it("does not take the release of one rail for that of another", async () => {
    const { scene } = await repositoryOf(2);
    const done = await run(scene, scene.restic(), { rules: typo, release: ["check-failed"] });
    expect(done.held.map(({ rail }) => rail)).toEqual(["group-emptied"]);
  });

  it.each([
    ["group-emptyed", "did you mean group-emptied?"],
    ["chek-failed", "did you mean check-failed?"],
    ["everything", expect.stringMatching(/^one of hold, empty-list, .*, check-failed$/) as string],
  ])("knows no rail %s, and says so before it looks at anything", async (name, hint) => {
    const { scene } = await repositoryOf(2);
    const program = scene.restic();
    await expect(run(scene, program, { release: [name] })).rejects.toMatchObject({
      kind: "usage",
      subject: name,
      hint,
    });
    expect(program.calls).toEqual([]);
  });
});

describe("prune() refuses", () => {
  it("a list that counts otherwise than the store, and forgets nothing", async () => {
    const { scene } = await repositoryOf(3);
    const program = new ScriptedRestic("0.14.0", { exitCode: 0, stdout: ["[]"] });
    await expect(run(scene, program)).rejects.toMatchObject({
      kind: "refused",
      problem: expect.stringContaining("the store holds 3 more") as string,
    });
    expect(new Set(program.commands)).toEqual(new Set(["snapshots"]));
  });

  it.each(["0.14.0", "0.19.1"])("a list that restic could not read to its end, with %s", async (version) => {
    const { scene, ids } = await repositoryOf(3);
    await scene.bucket.put(objectKey(`home/snapshots/${ids[0] ?? ""}`), new TextEncoder().encode("x"));
    const program = scene.restic(version);
    await expect(run(scene, program)).rejects.toMatchObject({ kind: "refused" });
    expect(program.commands).toEqual(["snapshots"]);
  });

  it("nothing in place of another failure", async () => {
    const { scene } = await repositoryOf(1);
    const program = new ScriptedRestic("0.19.1", { exitCode: 12, stderr: ["Fatal: wrong password or no key found"] });
    await expect(run(scene, program)).rejects.toMatchObject({ kind: "wrong-password" });
  });
});

describe("prune() after forget", () => {
  it("fails without pruning where a snapshot that was to stay is gone", async () => {
    const { scene, ids } = await repositoryOf(3);
    const program = scene.restic();
    program.onEnd = async (command) => {
      if (command === "forget") await scene.repository().forget([last(ids)]);
    };
    await expect(run(scene, program)).rejects.toMatchObject({
      kind: "restic-failed",
      problem: `snapshot ${last(ids)} was to be kept and is gone`,
      hint: expect.stringContaining("nothing was pruned") as string,
    });
    expect(program.commands).not.toContain("prune");
    expect(await scene.visible("home/data/")).toHaveLength(3);
  });

  it("fails without pruning where a forgotten one still stands", async () => {
    const { scene, ids } = await repositoryOf(3);
    const deaf = storeWith(scene.bucket, {
      hide: async (keys) => await Promise.resolve(keys.map((key) => ({ key, versionId: null, error: null }))),
    });
    const program = scene.restic("0.19.1", deaf);
    await expect(run(scene, program)).rejects.toMatchObject({
      problem: `snapshot ${ids[1] ?? ""} was forgotten and still stands`,
    });
    expect(program.commands).not.toContain("prune");
  });

  it("is not alarmed by a snapshot that came in the meantime", async () => {
    const { scene } = await repositoryOf(3);
    const program = scene.restic();
    program.onEnd = async (command) => {
      if (command === "forget") await scene.repository().addSnapshot();
    };
    expect(await run(scene, program)).toMatchObject({ packsRemoved: 2 });
    expect(await standing(scene)).toHaveLength(2);
  });

  it("does not prune where the store refused to forget", async () => {
    const { scene, ids } = await repositoryOf(3);
    const program = scene.restic("0.19.1", denying(scene.bucket, "hide"));
    await expect(run(scene, program)).rejects.toMatchObject({ kind: "store-denied", action: "forget snapshots of" });
    expect(program.commands).not.toContain("prune");
    expect(await standing(scene)).toHaveLength(ids.length);
  });
});

describe("prune() and its record", () => {
  const text = (scene: Scene): string => scene.state.files.get("retention/home.json") ?? "";
  const record = async (scene: Scene) => await readRecord(scene.state, "home");

  it("takes what stands as known in a first run that is let through", async () => {
    const { scene, ids } = await repositoryOf(3);
    await run(scene, scene.restic());
    const known = await record(scene);
    expect(known).toMatchObject({ hosts: ["nas"], tags: [], intent: null, cursor: { next: 2, of: 30 } });
    expect(known?.keys).toHaveLength(1);
    expect(Object.entries(known?.snapshots ?? {}).map(([id, { goneAt }]) => [id, goneAt !== null])).toEqual(
      ids.map((id, index) => [id, index < 2]),
    );
  });

  it("keeps no secret and no password in it", async () => {
    const { scene } = await repositoryOf(2);
    await run(scene, scene.restic());
    expect(text(scene)).not.toContain(password);
  });

  it("holds for a new host and a new key, and takes them as known when they are let through", async () => {
    const { scene } = await repositoryOf(2);
    await run(scene, scene.restic());
    await scene.repository().addSnapshot({ hostname: "desk", tags: ["odd"] });
    await scene.bucket.put(objectKey(`home/keys/${"e".repeat(64)}`), new TextEncoder().encode("{}"));
    const held = await run(scene, scene.restic());
    expect(held.held.map(({ rail }) => rail)).toEqual(["unknown-host", "new-tag", "new-key"]);
    expect((await run(scene, scene.restic())).held).toHaveLength(3);
    const release = ["unknown-host", "new-tag", "new-key"];
    expect((await run(scene, scene.restic(), { release })).held).toEqual([]);
    expect((await run(scene, scene.restic())).held).toEqual([]);
  });

  it("forgets nothing on hold, and goes on when it is released", async () => {
    const { scene, ids } = await repositoryOf(2);
    const place = { state: scene.state, repository: "home", clock: scene.clock };
    await updateRecord(place, (known) => withHold(known, "looking into it", scene.clock.now()));
    const done = await run(scene, scene.restic(), { release: railNames });
    expect(done).toMatchObject({ held: [{ rail: "hold" }], hold: { reason: "looking into it" } });
    expect(await standing(scene)).toHaveLength(ids.length);
    await updateRecord(place, (known) => ({ ...known, hold: null }));
    expect((await run(scene, scene.restic())).forgotten).toHaveLength(1);
  });

  it("refuses to forget where a hold was put on while it checked", async () => {
    const { scene, ids } = await repositoryOf(2);
    const place = { state: scene.state, repository: "home", clock: scene.clock };
    const check = async () => {
      await updateRecord(place, (known) => withHold(known, "wait", scene.clock.now()));
      return 0;
    };
    await expect(run(scene, scene.restic(), { check })).rejects.toMatchObject({ kind: "refused" });
    expect(await standing(scene)).toHaveLength(ids.length);
    expect((await record(scene))?.hold?.reason).toBe("wait");
  });

  it("lets no two runs of one host at the same repository", async () => {
    const { scene } = await repositoryOf(2);
    await scene.state.lock("retention/home.run.lock");
    await expect(run(scene, scene.restic())).rejects.toMatchObject({ kind: "locked" });
  });

  it.each(["{", "{}", '{"version":1}', '{"version":2}'])("fails at a damaged record, %s", async (damaged) => {
    const { scene } = await repositoryOf(2);
    await run(scene, scene.restic());
    await scene.state.replace("retention/home.json", damaged);
    const program = scene.restic();
    await expect(run(scene, program)).rejects.toMatchObject({ kind: "damaged-file" });
    expect(program.calls).toEqual([]);
  });

  it("reads every part of the data once in so many runs, and one that failed again first", async () => {
    const { scene } = await repositoryOf(1);
    const read: (string | null)[] = [];
    let broken: string | null = null;
    const check = async (part: string | null) => {
      read.push(part);
      return await Promise.resolve(part !== null && part === broken ? 1 : 0);
    };
    const changes = { check, checkRuns: 3 };
    for (let runs = 0; runs < 4; runs += 1) await run(scene, scene.restic(), changes);
    expect(read).toEqual([null, "1/3", null, "2/3", null, "3/3", null, "1/3"]);
    read.length = 0;
    broken = "2/3";
    expect(await run(scene, scene.restic(), changes)).toMatchObject({ held: [], checked: { errors: 1 } });
    expect((await run(scene, scene.restic(), changes)).held).toMatchObject([
      { rail: "check-failed", figure: "check found 1 error (data read: 2/3)" },
    ]);
    broken = null;
    await run(scene, scene.restic(), changes);
    expect(read).toEqual([null, "2/3", "2/3", "2/3", "2/3"]);
  });
});

/** A state folder whose every replacing goes through a fuse. */
class FusedState extends MemoryState {
  readonly #fuse: Fuse;
  readonly #state: MemoryState;

  constructor(state: MemoryState, fuse: Fuse) {
    super();
    this.#fuse = fuse;
    this.#state = state;
  }

  override async read(name: string): Promise<string | null> {
    return await this.#state.read(name);
  }

  override async replace(name: string, text: string): Promise<void> {
    await this.#fuse.write(async () => await this.#state.replace(name, text));
  }
}

describe("prune() killed at any write", () => {
  const total = 12;
  const places = (["before", "after"] as const).flatMap((when) =>
    Array.from({ length: total }, (_, index) => ({ when, limit: index + 1 })),
  );

  it.each(places)("loses nothing $when write $limit, and the next run says what it found", async ({ when, limit }) => {
    const { scene, ids } = await repositoryOf(6);
    const fuse = new Fuse(limit, when);
    const state = new FusedState(scene.state, fuse);
    const oneByOne = storeWith(scene.bucket, {
      hide: async (keys) => {
        const outcomes = [];
        for (const key of keys) outcomes.push(...(await fuse.write(async () => await scene.bucket.hide([key]))));
        return outcomes;
      },
    });
    const stopped = await run(scene, scene.restic("0.19.1", oneByOne), { state }).catch((error: unknown) => error);
    const left = await standing(scene);
    expect(left).toContain(last(ids));
    expect(stopped).toBeInstanceOf(Stopped);
    const told: (Interrupted | null)[] = [];
    const onPlan: PruneRequest["onPlan"] = (_plan, _look, interrupted) => told.push(interrupted);
    const done = await run(scene, scene.restic(), { onPlan });
    expect(done.held).toEqual([]);
    expect(await standing(scene)).toEqual([last(ids)]);
    expect(await scene.visible("home/data/")).toHaveLength(1);
    const some = left.length > 1 && left.length < ids.length;
    if (some) expect(told[0]?.forgotten).toHaveLength(ids.length - left.length);
    if (some) expect(told[0]?.standing).toHaveLength(left.length - 1);
    expect((await readRecord(scene.state, "home"))?.intent).toBeNull();
  });
});

describe("bytesPruned()", () => {
  it.each([
    [["to delete:             4 blobs / 1 B", "total prune:           4 blobs / 1.174 KiB"], 1202],
    [["total prune:          12 blobs / 312 B"], 312],
    [["total prune:      120344 blobs / 5.125 GiB"], 5_502_926_848],
    [["done"], null],
  ])("reads %j", (lines, expected) => expect(bytesPruned(lines)).toBe(expected));
});

/** As restic 0.14.0, 0.18.0 and 0.19.1 printed them, shortened. */
describe("packsRemoved()", () => {
  const unnamed =
    "deleting unreferenced packs\n[0:00] 33.33%  1 / 3 files deleted\n[0:01] 100.00%  3 / 3 files deleted";
  const old014 = "deleting obsolete index files\n[0:00] 100.00%  5 / 5 files deleted\n\nremoving 2 old packs";
  const old019 = "[0:00] 100.00%  5 / 5 old indexes deleted\nremoving 2 old packs";
  const repacked = "repacking packs\n[0:00] 100.00%  1 / 1 packs repacked";

  it.each([
    ["0.14.0's old packs", `${old014}\n[0:00] 100.00%  2 / 2 files deleted\n\ndone`, 2],
    ["0.19.1's old packs", `${old019}\n[0:00] 100.00%  2 / 2 files deleted\ndone`, 2],
    ["packs that no index names", `${unnamed}\ndone`, 3],
    ["both in 0.14.0", `${unnamed}\n\n${repacked}\n\n${old014}\n[0:00] 100.00%  2 / 2 files deleted\n\ndone`, 5],
    ["both in 0.19.1", `${unnamed}\n${repacked}\n${old019}\n[0:00] 100.00%  2 / 2 files deleted\ndone`, 5],
    ["nothing to remove", "total prune:           0 blobs / 0 B\n\ndone", 0],
    ["output that ends in the middle", "total prune:           3 blobs / 196 KiB\n\ndeleting unreferenced packs", 0],
  ])("counts %s", (_, text, expected) => expect(packsRemoved(text.split("\n"))).toBe(expected));
});
