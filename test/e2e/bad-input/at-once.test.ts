import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { realStores, type RunningStore } from "../../stores/real-stores.ts";
import { openHostWithRepository, type Host } from "../host.ts";
import { eventually, locksOf } from "./bucket-history.ts";
import { expectFailure, expectNothingIndecent } from "./expect-failure.ts";

const [ceph] = realStores();
const restics = inject("restics").map((restic, index) => ({
  restic,
  version: execFileSync(restic, ["version"], { encoding: "utf8" }).split(" ")[1],
  place: `backups-${index}/home`,
}));

/** A genuine `restic check` that reads the data so slowly that it holds the repository for itself until it is ended. */
function startSlowCheck(restic: string, host: Host): ChildProcess {
  const { location, password, keys } = host.settings;
  const words = ["--limit-download", "4", "--no-cache", "check", "--read-data"];
  return spawn(restic, words, {
    stdio: "ignore",
    env: {
      RESTIC_REPOSITORY: location,
      RESTIC_PASSWORD: password,
      AWS_ACCESS_KEY_ID: keys.pruner?.accessKey,
      AWS_SECRET_ACCESS_KEY: keys.pruner?.secretKey.reveal(),
    },
  });
}

describe.skipIf(!ceph.isHere)("a repository that more than one wants", () => {
  let running: RunningStore;
  beforeAll(async () => {
    running = await ceph.start();
  });
  afterAll(async () => await running.stop());

  describe.concurrent.each(restics)("with restic $version", ({ restic, place }) => {
    let host: Host;
    beforeAll(async () => {
      host = await openHostWithRepository(running.store, place);
      writeFileSync(path.join(host.files, "large"), randomBytes(1024 * 1024));
    });
    afterAll(async () => await host.remove());

    it("takes two backups at once", { concurrent: false }, async () => {
      const other = path.join(host.folder, "other-files");
      mkdirSync(other, { recursive: true });
      writeFileSync(path.join(other, "four"), "the file four\n");
      const both = await Promise.all(
        [host, host.with({ paths: [other] })].map(async (each) => await each.run(["--json", "backup"], { restic })),
      );
      for (const done of both) {
        expect(done.last).toMatchObject({ type: "result", ok: true });
        expectNothingIndecent(done, host);
      }
      expect((await host.run(["--json", "snapshots"], { restic })).last["snapshots"]).toHaveLength(2);
    });

    it(
      "keeps a backup out while somebody holds it for himself: 11; --retry-lock waits for the end",
      { concurrent: false },
      async () => {
        const check = startSlowCheck(restic, host);
        const ended = new Promise((resolve) => check.on("exit", resolve));
        try {
          await eventually(async () => (await locksOf(running.store, place))[0] ?? null);
          await expectFailure(
            host,
            { words: ["backup"], restic },
            {
              kind: "locked",
              exit: 11,
              subject: "home",
              problem: "another restic holds the repository",
              hint: "wait for it to end, or run the same with --retry-lock 10m",
            },
          );
          const waiting = host.run(["--json", "backup", "--retry-lock", "1m"], { restic });
          await new Promise((resolve) => setTimeout(resolve, 1500));
          expect(check.exitCode).toBeNull();
          check.kill("SIGINT");
          expect((await waiting).last).toMatchObject({ type: "result", ok: true });
        } finally {
          check.kill("SIGKILL");
          await ended;
        }
        expect(await locksOf(running.store, place)).toEqual([]);
      },
    );

    it(
      "gets a snapshot of what can be read: 3, and each file and path that is missing is named",
      { concurrent: false },
      async () => {
        const unreadable = `/proc/${process.pid}/mem`;
        const gone = path.join(host.folder, "never-there");
        const partly = host.with({ paths: [host.files, unreadable, gone] });
        const json = await partly.run(["--json", "backup"], { restic });
        expect(json.last).toMatchObject({ type: "result", ok: false });
        expect(json.last["unread"]).toEqual(expect.arrayContaining([unreadable, gone]));
        expect(json.last["snapshotId"]).toMatch(/^[0-9a-f]{8}/);
        expect(json.code).toBe(3);
        const plain = await partly.run(["backup"], { restic });
        expect(plain.code).toBe(3);
        for (const missed of [unreadable, gone]) expect(plain.stdout).toContain(`  unread    ${missed}\n`);
        for (const run of [json, plain]) expectNothingIndecent(run, host);
      },
    );
  });
});
