import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalKey } from "../../src/adapters/local-store/local-store.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { compareFolders } from "../../src/cli/demo/sample-files.ts";
import { s3Access, type RealStore, type RunningStore } from "../stores/real-stores.ts";
import { openHost, type Host } from "./host.ts";
import type { Run } from "./run-holdfast.ts";
import { runRestic } from "./run-restic.ts";
import { Thief } from "./thief.ts";

const place = "attacked/home";
const everything = ["config", "data/", "index/", "keys/", "snapshots/"];
const thiefsPassword = "a password of the thief";

/** The attacks that a versioned bucket can survive, one after the other on one repository of restic's own making. */
export function describeAttacks({ name, isHere, start }: RealStore): void {
  describe.skipIf(!isHere)(`a repository on a real ${name} comes back after`, () => {
    let running: RunningStore;
    let host: Host;
    let thief: Thief;
    /** The rescuer's: on Ceph the owner of a bucket does not read what others put there. */
    let key: LocalKey;
    let snapshots: readonly string[] = [];
    beforeAll(async () => {
      running = await start();
      host = await openHost(running.store, place);
      thief = new Thief(running.store, place);
      const { rescuer } = host.settings.keys;
      if (rescuer === undefined) throw new Error("the host has no rescuer");
      key = rescuer;
      await expectOk(holdfast("init"));
      for (const round of ["first", "second", "third"]) {
        writeSome(path.join(host.files, round));
        await expectOk(holdfast("backup"));
      }
      snapshots = await snapshotsOf();
      expect(await damage()).toEqual([]);
    });
    afterAll(async () => {
      await host.remove();
      await running.stop();
    });

    const holdfast = async (...words: readonly string[]): Promise<Run> => await host.run(["--json", "--yes", ...words]);
    const restic = async (words: readonly string[], password?: string) =>
      await runRestic(host, words, { key, ...(password === undefined ? {} : { password }) });

    async function snapshotsOf(): Promise<readonly string[]> {
      const { code, stdout } = await restic(["--no-lock", "snapshots", "--json"]);
      if (code !== 0) return [];
      return (JSON.parse(stdout) as readonly { readonly id: string }[]).map(({ id }) => id).sort();
    }

    /** What restic itself finds wrong; it looks no further than to the first. */
    async function damage(): Promise<readonly string[]> {
      const listed = await snapshotsOf();
      if (listed.length === 0) return ["restic lists no snapshot"];
      if (snapshots.length > 0 && listed.join() !== snapshots.join()) return ["restic lists other snapshots"];
      const checked = await restic(["--no-lock", "check", "--read-data"]);
      if (checked.code !== 0) return [`check ended with ${String(checked.code)}`];
      const target = mkdtempSync(path.join(host.folder, "restored-"));
      const restored = await restic(["--no-lock", "restore", "latest", "--target", target]);
      if (restored.code !== 0) return [`restore ended with ${String(restored.code)}`];
      return (await compareFolders(host.files, path.join(target, host.files))).differing;
    }

    /** The instant before what comes next; nothing is written in its millisecond. */
    async function instant(): Promise<string> {
      const to = new Date().toISOString();
      await new Promise((resolve) => setTimeout(resolve, 5));
      return to;
    }

    async function plan(to: string): Promise<Run> {
      const planned = await holdfast("rollback", "plan", "--to", to);
      expect(planned.last, planned.stderr).toMatchObject({ ok: true, unrecoverable: 0, unproven: 0, ambiguous: 0 });
      return planned;
    }

    /** Asserts that restic finds the repository damaged, rolls it back, and asserts that it finds nothing any more. */
    async function comesBack(to: string, planned?: Run): Promise<void> {
      expect(await damage()).not.toEqual([]);
      const { last } = planned ?? (await plan(to));
      const applied = await holdfast("rollback", "apply", String(last["name"]));
      expect(applied, applied.stderr).toMatchObject({ code: 0, last: { ok: true, failed: 0 } });
      const verified = await holdfast("rollback", "verify", String(last["name"]));
      expect(verified, verified.stderr).toMatchObject({ code: 0, last: { ok: true, differing: 0 } });
      expect(await damage()).toEqual([]);
    }

    it("a mass delete", async () => {
      const to = await instant();
      await thief.hide(await thief.shown(...everything));
      await comesBack(to);
    });

    it("an overwrite of everything with as many other bytes", async () => {
      const to = await instant();
      await thief.overwrite(await thief.shown(...everything));
      await comesBack(to);
    });

    it("an overwrite and a delete of everything", async () => {
      const to = await instant();
      const all = await thief.shown(...everything);
      await thief.overwrite(all);
      await thief.hide(all);
      await comesBack(to);
    });

    it("markers stacked on everything, and versions between them", async () => {
      const to = await instant();
      const all = await thief.shown(...everything);
      for (let round = 0; round < 3; round++) await thief.hide(all);
      await thief.overwrite(all.slice(0, 5));
      for (let round = 0; round < 10; round++) await thief.hide(all.slice(0, 10));
      await comesBack(to);
    });

    it("a flood of 200 versions on a pack, an index and a snapshot", async () => {
      const to = await instant();
      const picked = await Promise.all(["data/", "index/", "snapshots/"].map((folder) => thief.shown(folder)));
      const flooded = picked.flatMap((objects) => objects.slice(0, 1)).map((object) => ({ ...object, size: 100 }));
      await thief.overwrite(Array.from({ length: 200 }, () => flooded).flat());
      await comesBack(to);
    });

    it("an overwrite with versioning suspended, once the rescuer has turned it on", async () => {
      const to = await instant();
      await thief.suspendVersioning();
      await thief.overwrite(await thief.shown("data/", "index/", "snapshots/"));
      const planned = await plan(to);
      const refused = await holdfast("rollback", "apply", String(planned.last["name"]));
      expect(refused).toMatchObject({ code: 81, last: { kind: "refused" } });
      await openS3Store(s3Access(running.store, key, place)).enableVersioning();
      await comesBack(to, planned);
    });

    it("a lifecycle rule that would eat what an overwrite has covered", async () => {
      const to = await instant();
      await thief.shortenLifecycle();
      await thief.overwrite(await thief.shown("data/", "index/"));
      const warned = await plan(to);
      expect(rulesOf(warned)).toContain("lifecycle-destroys-good-versions");
      await thief.removeLifecycle();
      const planned = await plan(to);
      expect(rulesOf(planned)).not.toContain("lifecycle-destroys-good-versions");
      await comesBack(to, planned);
    });

    it("forged snapshots that push the real ones out of forget and prune", async () => {
      const to = await instant();
      const bait = path.join(host.folder, "bait");
      writeFileSync(bait, "nothing of yours\n");
      for (const year of ["2097", "2098", "2099"]) {
        expect(await restic(["backup", "--time", `${year}-01-01 00:00:00`, bait])).toMatchObject({ code: 0 });
      }
      const forgotten = await restic(["forget", "--group-by", "", "--keep-last", "3", "--prune", "--max-unused", "0"]);
      expect(forgotten).toMatchObject({ code: 0 });
      expect((await snapshotsOf()).filter((id) => snapshots.includes(id))).toEqual([]);
      await comesBack(to);
    });

    it("the thief's key added and the host's key removed", async () => {
      const to = await instant();
      const hosts = await thief.shown("keys/");
      const file = path.join(host.folder, "thief");
      writeFileSync(file, `${thiefsPassword}\n`);
      expect(await restic(["key", "add", "--new-password-file", file])).toMatchObject({ code: 0 });
      await thief.hide(hosts);
      expect(await restic(["--no-lock", "snapshots"], thiefsPassword)).toMatchObject({ code: 0 });
      await comesBack(to);
      expect((await restic(["--no-lock", "snapshots"], thiefsPassword)).code).toBe(12);
    });

    it("an upload in parts over a pack, begun before T and completed after it", async () => {
      const [pack] = await thief.shown("data/");
      if (pack === undefined) throw new Error("the repository has no pack");
      const complete = await thief.beginUpload(pack);
      const to = await instant();
      await complete();
      const covering = (await thief.rows()).find(({ key, isLatest }) => key === pack.key && isLatest);
      const side = Number(covering?.lastModified) <= Date.parse(to) ? "before" : "after";
      process.stdout.write(`${name}: an upload begun before T and completed after it is dated ${side} T\n`);
      await comesBack(to);
    });

    it("index and config replaced by another repository's", async () => {
      const to = await instant();
      const [index] = await thief.shown("index/");
      const [config] = await thief.shown("config");
      if (index === undefined || config === undefined) throw new Error("the repository is not whole");
      await thief.put("index/".padEnd(70, "0"), randomBytes(index.size));
      await thief.overwrite([index, { ...config, size: config.size + 1 }]);
      await comesBack(to);
    });
  });
}

function rulesOf({ last }: Run): readonly string[] {
  return (last["found"] as readonly { readonly rule: string }[]).map(({ rule }) => rule);
}

async function expectOk(running: Promise<Run>): Promise<void> {
  const { code, last, stderr } = await running;
  expect({ code, last }, stderr).toMatchObject({ code: 0, last: { ok: true } });
}

function writeSome(folder: string): void {
  mkdirSync(folder);
  for (let index = 0; index < 12; index++)
    writeFileSync(path.join(folder, `file ${index}`), randomBytes(20_000 * (index + 1)));
}
