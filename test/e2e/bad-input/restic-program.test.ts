import { execFile, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { realStores, type RunningStore } from "../../stores/real-stores.ts";
import { openHostWithRepository, openLonelyHost, type Host } from "../host.ts";
import { bucketHistory, eventually, locksOf } from "./bucket-history.ts";
import { expectFailure, expectJsonFailure, expectPlainFailure } from "./expect-failure.ts";

const run = promisify(execFile);
const [ceph] = realStores();
const restics = inject("restics").map((restic, index) => ({ restic, place: `backups-${index}/home` }));

describe("a restic that is missing or no good", () => {
  const key = { accessKey: "HFKEYHFKEYHFKEY", secretKey: new Secret("hf-secret-hf-secret"), sessionToken: null };
  let host: Host;
  beforeAll(() => {
    host = openLonelyHost({ keys: { writer: key } });
  });
  afterAll(async () => await host.remove());
  const program = (name: string, script: string): string => {
    const file = path.join(host.folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  };
  const expected = { kind: "program-missing", exit: 69, hint: /--restic FILE/ } as const;

  it("is told when none is on PATH, with 69 and where to get one", async () => {
    await expectFailure(
      host,
      { words: ["backup"], environment: { HOLDFAST_RESTIC: "", PATH: "/nowhere" } },
      {
        ...expected,
        subject: "restic",
        problem: "it is not on PATH",
      },
    );
  });

  it("is told when the one named is not there, or is no restic", async () => {
    await expectFailure(
      host,
      { words: ["backup", "--restic", "/nowhere/restic"] },
      {
        ...expected,
        subject: "/nowhere/restic",
        problem: /cannot be started|not there/,
      },
    );
    await expectFailure(
      host,
      { words: ["backup"], restic: program("other", "echo other program 1.2.3") },
      {
        ...expected,
        subject: "/other",
        problem: "it does not answer as restic does",
      },
    );
  });

  it("is told when it is older than Holdfast drives", async () => {
    const old = program("restic", "echo restic 0.13.1 compiled with go1.18 on linux/amd64");
    await expectFailure(
      host,
      { words: ["backup"], restic: old },
      {
        ...expected,
        subject: old,
        problem: "it is restic 0.13.1, and Holdfast drives 0.14.0 or newer",
      },
    );
  });
});

describe.skipIf(!ceph.isHere)("a backup that is broken off", () => {
  let running: RunningStore;
  beforeAll(async () => {
    running = await ceph.start();
  });
  afterAll(async () => await running.stop());

  describe.concurrent.each(restics)("with $restic", ({ restic, place }) => {
    let host: Host;
    let slow: Host;
    beforeAll(async () => {
      host = await openHostWithRepository(running.store, place);
      writeFileSync(path.join(host.files, "large"), randomBytes(3 * 1024 * 1024));
      slow = host.with({ backup: ["limit-upload: 100"] });
    });
    afterAll(async () => await host.remove());

    /** Waits until restic writes, which it does under a lock. */
    const locked = async (): Promise<string> =>
      await eventually(async () => (await locksOf(running.store, place))[0] ?? null);

    it(
      "by Ctrl-C ends with 130, leaves no lock, and says that what was stored is used again",
      { concurrent: false },
      async () => {
        const interrupt = async (child: ChildProcess): Promise<void> => {
          await locked();
          child.kill("SIGINT");
        };
        const expected = {
          kind: "interrupted",
          exit: 130,
          subject: "home",
          problem: "it was interrupted; restic has taken its lock away",
          hint: "run the same command again: what was stored is used again",
        } as const;
        expectPlainFailure(await slow.run(["backup"], { restic, whileRunning: interrupt }), host, expected);
        expect(await locksOf(running.store, place)).toEqual([]);
        expectJsonFailure(await slow.run(["--json", "backup"], { restic, whileRunning: interrupt }), host, expected);
        expect(await locksOf(running.store, place)).toEqual([]);
        expect((await host.run(["snapshots"], { restic })).stdout).toContain("holds no snapshot yet");
      },
    );

    it(
      "by a killed restic says so, ends with 1, and stops neither the next backup nor prune",
      { concurrent: false },
      async () => {
        const killRestic = async (child: ChildProcess): Promise<void> => {
          await locked();
          process.kill(await eventually(async () => await resticOf(child)), "SIGKILL");
        };
        const killed = await slow.run(["backup"], { restic, whileRunning: killRestic });
        expectPlainFailure(killed, host, {
          kind: "restic-failed",
          exit: 1,
          subject: "home",
          problem: "restic was killed (signal 9)",
          hint: "run it again",
        });
        expect(await locksOf(running.store, place)).toHaveLength(1);
        const before = await bucketHistory(running.store, place);
        expect((await host.run(["backup"], { restic })).code).toBe(0);
        expect(await bucketHistory(running.store, place)).toEqual(expect.arrayContaining([...before]));
        expect((await host.run(["--json", "backup"], { restic })).last).toMatchObject({ ok: true });
        const pruned = await host.run(["--json", "prune"], { restic });
        expect(pruned.last).toMatchObject({ ok: true, held: [] });
        expect(pruned.last["forgotten"]).toHaveLength(1);
        expect(await locksOf(running.store, place)).toEqual([]);
      },
    );
  });
});

/** The process that Holdfast runs restic in, or null. */
async function resticOf({ pid }: ChildProcess): Promise<number | null> {
  const { stdout } = await run("pgrep", ["-P", String(pid), "restic"]).catch(() => ({ stdout: "" }));
  const found = Number(stdout.split("\n")[0]);
  // Signals to 0 and below go to whole groups of processes, ours among them.
  return found > 1 ? found : null;
}
