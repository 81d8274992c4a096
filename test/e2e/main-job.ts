import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { attack } from "../../src/cli/demo/attack.ts";
import { compareFolders } from "../../src/cli/demo/sample-files.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { s3Access, type RealStore, type RunningStore } from "../stores/real-stores.ts";
import { openHost, type Host } from "./host.ts";
import type { Run } from "./run-holdfast.ts";

function versionOf(restic: string): string {
  return execFileSync(restic, ["version"], { encoding: "utf8" }).split(" ")[1] ?? "";
}

/** The main job from init to the restored files, with one restic on one real store, each step by the program itself. */
export function describeMainJob({ name, isHere, start }: RealStore, restic: string): void {
  const version = versionOf(restic);
  describe.skipIf(!isHere)(`restic ${version} on a real ${name}`, () => {
    let running: RunningStore;
    beforeAll(async () => {
      running = await start();
    });
    afterAll(async () => {
      await running.stop();
    });
    const bucket = `main-${version.replaceAll(".", "-")}`;
    let host: Host;
    let first = "";
    let last = "";
    let saved = { files: 0, bytes: 0 };
    let planName = "";
    beforeAll(async () => {
      host = await openHost(running.store, `${bucket}/home`);
    });
    afterAll(async () => await host.remove());
    const json = async (...words: readonly string[]): Promise<Run> => await host.run(["--json", ...words], { restic });

    it("makes a repository once, with versioning on and proven, and no canary left", async () => {
      const made = await json("init");
      expect(made.last).toMatchObject({
        type: "result",
        command: "init",
        ok: true,
        versioning: "enabled",
        created: true,
      });
      expect(made.last["repositoryId"]).toMatch(/^[0-9a-f]{64}$/);
      const again = await json("init");
      expect(again.last).toMatchObject({ created: false, repositoryId: made.last["repositoryId"] });
      const withWriter = await json("init", "--role", "writer");
      expect(withWriter.last).toMatchObject({ ok: true, created: false });
      expect((await rowsOf(running, `${bucket}/home`)).filter(({ key }) => key.includes("canary"))).toEqual([]);
    });

    it("backs up with the writer's key, twice", async () => {
      first = String((await backedUp(json))["snapshotId"]);
      writeSome(host.files);
      const second = await backedUp(json);
      last = String(second["snapshotId"]);
      expect(second).toMatchObject({ unread: [], dryRun: false });
      expect(Number(second["totalFilesProcessed"])).toBeGreaterThan(20);
      saved = { files: Number(second["totalFilesProcessed"]), bytes: Number(second["totalBytesProcessed"]) };
    });

    it("writes nothing on a dry run", async () => {
      const before = await rowsOf(running, `${bucket}/home/snapshots/`);
      expect((await json("backup", "--dry-run")).last).toMatchObject({ ok: true, snapshotId: null, dryRun: true });
      expect(await rowsOf(running, `${bucket}/home/snapshots/`)).toEqual(before);
    });

    it("lists snapshots with the client's time and the store's time", async () => {
      const { last: listed } = await json("snapshots");
      const snapshots = listed["snapshots"] as readonly Readonly<Record<string, unknown>>[];
      expect(snapshots.map(({ id }) => String(id).slice(0, 8))).toEqual([first.slice(0, 8), last.slice(0, 8)]);
      expect(snapshots[0]).toMatchObject({ differs: false, paths: [host.files] });
      expect(String(snapshots[0]?.["storedAt"])).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
      const forged = await host.run(
        ["exec", "--", "backup", "--time", "2020-01-01 00:00:00", "--tag", "forged", host.files],
        { restic },
      );
      expect(forged.code).toBe(0);
      const again = (await json("snapshots")).last["snapshots"] as readonly Readonly<Record<string, unknown>>[];
      expect(again.find(({ tags }) => String(tags) === "forged")).toMatchObject({ differs: true });
      const shown = await host.run(["snapshots"], { restic });
      expect(shown.stdout).toMatch(/2020-01-01T00:00:00Z !/);
    });

    it("hands restic's own output and exit code through", async () => {
      const listed = await host.run(["exec", "--", "snapshots", "--json"], { restic });
      expect(JSON.parse(listed.stdout)).toHaveLength(3);
      const wrong = await host.run(["exec", "home", "--", "no-such-command"], { restic });
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toContain("unknown command");
    });

    it("is held by the forged snapshot, and forgets nothing", async () => {
      const held = await json("prune");
      expect(held).toMatchObject({ code: 81, last: { ok: false, forgotten: [], held: [{ rail: "clock-skew" }] } });
    });

    it("prunes with the pruner's key what no clock keeps, after showing it", async () => {
      const dry = await json("prune", "--dry-run", "--release", "clock-skew");
      expect(dry.last).toMatchObject({ ok: true, held: [], packsRemoved: 0 });
      expect((dry.last["forgotten"] as readonly { readonly id: string }[]).map(({ id }) => id.slice(0, 8))).toEqual([
        first.slice(0, 8),
      ]);
      expect(Number(dry.last["bytesToFree"])).toBeGreaterThan(0);
      const done = await json("prune", "--release", "clock-skew");
      expect(done.last).toMatchObject({ ok: true, checked: { errors: 0, readData: "1/30" } });
      const kept = done.last["kept"] as readonly string[];
      expect(kept[0]?.slice(0, 8)).toBe(last.slice(0, 8));
      const left = (await json("snapshots")).last["snapshots"] as readonly Readonly<Record<string, unknown>>[];
      expect(left.map(({ id }) => String(id)).toSorted()).toEqual(kept.toSorted());
    });

    it("loses everything to the stolen keys, but no version", async () => {
      const before = await rowsOf(running, `${bucket}/home/`);
      const { writer, pruner } = host.settings.keys;
      if (writer === undefined || pruner === undefined) throw new Error("the host has no keys");
      const stolen = (key: typeof writer) => openS3Store(s3Access(running.store, key, `${bucket}/home`));
      const report = await attack({
        writer: stolen(writer),
        pruner: stolen(pruner),
        prefix: "home/",
        history: before,
      });
      expect(report.attempts.map(({ got }) => got)).toEqual([
        ...Array<string>(4).fill("refused"),
        ...Array<string>(3).fill("allowed"),
        "refused",
      ]);
      expect((await json("snapshots")).last).toMatchObject({ type: "failure", kind: "no-repository", exit: 10 });
      const after = new Set((await rowsOf(running, `${bucket}/home/`)).map(({ versionId }) => versionId));
      expect(before.filter(({ versionId }) => !after.has(versionId))).toEqual([]);
    });

    it("plans a rollback without writing, refuses a T at which nothing was whole, and names one that works", async () => {
      const before = await rowsOf(running, `${bucket}/home/`);
      const tooEarly = await json("rollback", "plan", "--to", "2020-01-01T00:00:00Z");
      expect(tooEarly).toMatchObject({ code: 81, last: { kind: "refused" } });
      expect(String(tooEarly.last["hint"])).toMatch(/\d{4}-\d\d-\d\dT/);
      const planned = await json("rollback", "plan", "--to", `snapshot:${last}`);
      expect(planned.code).toBe(0);
      expect(planned.last).toMatchObject({ unproven: 0, ambiguous: 0, unrecoverable: 0 });
      expect(readFileSync(String(planned.last["plan"]), "utf8").split("\n")[0]).toContain('"type":"plan","version":1');
      expect(readFileSync(String(planned.last["evidence"]), "utf8").length).toBeGreaterThan(100);
      planName = String(planned.last["name"]);
      expect(await rowsOf(running, `${bucket}/home/`)).toEqual(before);
    });

    it("shows what an apply would do without doing it", async () => {
      const before = await rowsOf(running, `${bucket}/home/`);
      expect((await json("rollback", "apply", planName, "--dry-run")).code).toBe(0);
      expect(await rowsOf(running, `${bucket}/home/`)).toEqual(before);
    });

    it("rolls back, verifies, and does nothing the second time", async () => {
      const applied = await json("--yes", "rollback", "apply", planName);
      expect(applied.last).toMatchObject({ type: "result", ok: true, failed: 0 });
      expect((await json("rollback", "verify", planName)).last).toMatchObject({ ok: true, differing: 0 });
      const after = await rowsOf(running, `${bucket}/home/`);
      const again = await json("--yes", "rollback", "apply", planName);
      expect(again.last).toMatchObject({ ok: true, done: 0, failed: 0 });
      expect(await rowsOf(running, `${bucket}/home/`)).toEqual(after);
    });

    it("tells where the plan stands, undoes it without removing a version, and applies a new one", async () => {
      const visible = async (): Promise<readonly string[]> =>
        (await rowsOf(running, `${bucket}/home/`)).flatMap((row) =>
          row.isLatest && row.kind === "version" ? [`${row.key} ${row.size} ${row.etag}`] : [],
        );
      expect((await json("rollback", "status", planName)).last).toMatchObject({
        state: "verified",
        left: 0,
        damaged: [],
      });
      const right = await visible();
      const before = await rowsOf(running, `${bucket}/home/`);
      const undone = await json("--yes", "rollback", "undo", planName);
      expect(undone).toMatchObject({ code: 0, last: { ok: true, failed: 0, changed: 0 } });
      expect(readFileSync(String(undone.last["report"]), "utf8")).toContain("# Undo of a rollback of home");
      expect(await visible()).not.toEqual(right);
      const kept = new Set((await rowsOf(running, `${bucket}/home/`)).map(({ versionId }) => versionId));
      expect(before.filter(({ kind, versionId }) => kind === "version" && !kept.has(versionId))).toEqual([]);
      expect((await json("rollback", "status", planName)).last).toMatchObject({ state: "undone", left: 0 });
      expect((await json("--yes", "rollback", "apply", planName)).code).toBe(81);
      const planned = await json("rollback", "plan", "--to", `snapshot:${last}`);
      planName = String(planned.last["name"]);
      const applied = await json("--yes", "rollback", "apply", planName, "--check");
      expect(applied.last).toMatchObject({ ok: true, failed: 0, check: { errors: 0 } });
      expect(await visible()).toEqual(right);
      expect((await json("rollback", "status")).last).toMatchObject({
        plans: [{ plan: planName }, { state: "undone" }],
      });
    });

    it("has every byte back", async () => {
      expect((await json("check", "--read-data-subset", "100%")).last).toMatchObject({ ok: true, errors: 0 });
      const target = path.join(host.folder, "restored");
      const restored = await json("restore", last, "--target", target);
      expect(restored.last).toMatchObject({ ok: true, ...saved });
      expect(await compareFolders(host.files, path.join(target, host.files))).toMatchObject({ differing: [] });
      expect((await backedUp(json))["snapshotId"]).toBeTruthy();
    });

    it("counts what it restored as the backup counted it, whatever stands in the target", async () => {
      const target = path.join(host.folder, "filled");
      mkdirSync(path.join(target, "other"), { recursive: true });
      for (const name of ["a", "b", "c"]) writeFileSync(path.join(target, "other", name), "it stood here before\n");
      expect((await json("restore", last, "--target", target)).last).toMatchObject({ ok: true, ...saved });
      expect((await json("restore", last, "--target", target)).last).toMatchObject({ ok: true, ...saved });
      const some = await json("restore", last, "--target", target, "--include", "deeper");
      expect(some.last).toMatchObject({ ok: true, files: 20 });
    });

    it("says so when there is nothing to restore, or no such part to check", async () => {
      const target = path.join(host.folder, "nothing");
      const unmatched = await json("restore", last, "--target", target, "--include", "nothing-like-this");
      expect(unmatched).toMatchObject({ code: 1, last: { kind: "restic-failed", subject: "nothing-like-this" } });
      const unknown = await json("restore", "deadbeef", "--target", target);
      expect(unknown).toMatchObject({ code: 1, last: { kind: "restic-failed", subject: "deadbeef" } });
      expect(unknown.last["hint"]).toContain("holdfast snapshots home");
      const part = await json("check", "--read-data-subset", "foo");
      expect(part).toMatchObject({ code: 64, last: { kind: "usage" } });
      expect(part.last["hint"]).toContain("--read-data-subset 5%, 1/12");
    });

    it("shows damage that somebody did: check counts errors, prune is held", async () => {
      // Not a pack: 0.14 tries for minutes to read a pack of trees that is not there.
      const indexes = (await rowsOf(running, `${bucket}/home/index/`)).filter(
        (row) => row.isLatest && row.kind === "version",
      );
      const newest = indexes
        .toSorted((x, y) => y.lastModified - x.lastModified)
        .slice(0, Math.max(1, indexes.length - 1));
      await openS3Store(s3Access(running.store, running.store.owner, `${bucket}/home`)).hide(
        newest.map(({ key }) => key),
      );
      const checked = await json("check");
      expect(checked).toMatchObject({ code: 1, last: { type: "result", ok: false } });
      expect(Number(checked.last["errors"])).toBeGreaterThan(0);
      const held = await json("prune");
      expect(held).toMatchObject({ code: 81, last: { forgotten: [] } });
      const rails = held.last["held"] as readonly { readonly rail: string }[];
      expect(rails.map(({ rail }) => rail)).toEqual(expect.arrayContaining(["overwritten-data", "check-failed"]));
    });
  });
}

async function backedUp(
  json: (...words: readonly string[]) => Promise<Run>,
): Promise<Readonly<Record<string, unknown>>> {
  const { code, last } = await json("backup");
  expect(code).toBe(0);
  return last;
}

function writeSome(folder: string): void {
  mkdirSync(path.join(folder, "deeper"), { recursive: true });
  for (let index = 0; index < 20; index++)
    writeFileSync(path.join(folder, "deeper", `file ${index}.txt`), `${index}\n`.repeat(500));
  appendFileSync(path.join(folder, "one"), "changed\n");
}

async function rowsOf({ store }: RunningStore, place: string): Promise<readonly HistoryRow[]> {
  const access = s3Access(store, store.owner, place);
  const rows: HistoryRow[] = [];
  for await (const page of openS3Store(access).listVersions(access.location.prefix)) rows.push(...page);
  return rows;
}
