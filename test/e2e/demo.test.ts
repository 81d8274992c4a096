import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { realStores } from "../stores/real-stores.ts";
import { runHoldfast, type Run, type RunOptions } from "./run-holdfast.ts";

/** Where this file's demos put their folders, so that other demos on this machine are not taken for theirs. */
const place = mkdtempSync("/tmp/hfd-");
const [ceph, minio] = realStores();
const restics = inject("restics");
const [oldest, newest] = [restics.at(0) ?? "", restics.at(-1) ?? ""];

/** PATH with the stores of this machine's tests: Ceph is found in the cache, as it would be on a user's second demo. */
const searchPath = [path.dirname(inject("minio") ?? "/nonexistent/minio"), process.env["PATH"]].join(":");
const cache = path.dirname(path.dirname(inject("cephRoot") ?? "/nonexistent/holdfast/ceph"));
const environment = { PATH: searchPath, XDG_CACHE_HOME: cache, TMPDIR: place };

async function demo(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  return await runHoldfast(["demo", ...words], { ...options, environment: { ...environment, ...options.environment } });
}

function foldersLeft(): readonly string[] {
  return readdirSync(place).filter((name) => name.startsWith("holdfast-demo-"));
}

function processesLeft(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${place}/holdfast-demo-`);
      } catch {
        return false;
      }
    });
}

afterAll(() => rmSync(place, { recursive: true, force: true }));

describe.skipIf(!ceph.isHere || !minio.isHere)("holdfast demo", () => {
  it.each([
    ["rgw", "Ceph RGW", oldest],
    ["rgw", "Ceph RGW", newest],
    ["minio", "MinIO", oldest],
    ["minio", "MinIO", newest],
  ])("on %s ends with every byte identical and leaves nothing behind (%s, %s)", async (store, title, restic) => {
    const { code, last, lines, stderr } = await demo(["--json", "--store", store, "--restic", restic]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(last).toMatchObject({ type: "result", command: "demo", ok: true, rollback: { failed: 0, differing: 0 } });
    expect(String(last["store"])).toContain(title);
    expect(String(last["restic"])).toMatch(/^restic 0\.\d+\.\d+/);
    const { files, identical } = last["restore"] as Readonly<Record<string, number>>;
    expect(files).toBeGreaterThan(100);
    expect(identical).toBe(files);
    const { objects, deleted, attempts } = last["attack"] as Readonly<Record<string, unknown>>;
    expect(deleted).toBe(objects);
    expect(attempts).toContainEqual(
      expect.objectContaining({ key: "pruner", attempt: "destroy every version", got: "refused" }),
    );
    expect(last["proven"]).toBeGreaterThan(0);
    expect(Number(last["seconds"])).toBeGreaterThan(0);
    expect(lines.filter(({ type }) => type === "result" || type === "failure")).toHaveLength(1);
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  it("backs up a folder of the user's and sums up on one screen", async () => {
    const folder = mkdtempSync(path.join(place, "own-"));
    for (let index = 0; index < 30; index++) writeFileSync(path.join(folder, `file ${index}`), `${index}`.repeat(1000));
    const { code, stdout } = await demo(["--store", "minio", "--restic", newest, folder]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/restored +\d+ files, every byte identical/);
    expect(stdout).toContain("Nothing is left running.");
    expect(stdout.split("\n").length).toBeLessThanOrEqual(24);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const { code, stderr } = await demo(["--store", "rgw", "--restic", newest], {
      whileRunning: async (child) => {
        await until(() => processesLeft().length > 0);
        await wait(1500);
        child.kill("SIGINT");
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/next +run/);
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  it("leaves nothing behind when its terminal is closed", async () => {
    const { code } = await demo(["--store", "minio", "--restic", newest], {
      whileRunning: async (child) => {
        await until(() => processesLeft().length > 0);
        child.kill("SIGHUP");
      },
    });
    expect(code).toBe(130);
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  it("clears what a killed demo left", async () => {
    const killed = await demo(["--store", "rgw", "--restic", newest], {
      whileRunning: async (child) => {
        await until(() => processesLeft().length >= 3);
        child.kill("SIGKILL");
      },
    });
    expect(killed.code).toBeNull();
    expect(foldersLeft()).toHaveLength(1);
    const next = await demo(["--store", "minio", "--restic", newest]);
    expect(next.code).toBe(0);
    expect(next.stderr).toContain("cleared what an earlier demo left");
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  it("keeps the store running when asked, and says how to look around and how to end it", async () => {
    const kept = await demo(["--store", "minio", "--restic", newest, "--keep"]);
    expect(kept.code).toBe(0);
    const look = /holdfast (--config \S+ --state-dir \S+ snapshots)/.exec(kept.stdout)?.[1] ?? "";
    const looked = await runHoldfast(look.split(" "), { environment: { ...environment, HOLDFAST_RESTIC: newest } });
    expect(looked.stdout).toContain("2 snapshots in demo");
    const end = /(pkill .*)/.exec(kept.stdout)?.[1] ?? "";
    await new Promise((resolve) => spawn("sh", ["-c", end]).on("close", resolve));
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  describe("with a store that is there already", () => {
    let running: Awaited<ReturnType<typeof minio.start>>;
    beforeAll(async () => {
      running = await minio.start();
    });
    afterAll(async () => await running.stop());

    it("uses it and destroys its own bucket there in the end", async () => {
      const { endpoint, owner } = running.store;
      const keys = { AWS_ACCESS_KEY_ID: owner.accessKey, AWS_SECRET_ACCESS_KEY: owner.secretKey.reveal() };
      const { code, last } = await demo(["--json", "--store", endpoint, "--restic", newest], { environment: keys });
      expect(code).toBe(0);
      expect(last).toMatchObject({ ok: true, store: `the store at ${endpoint}` });
      const left = readdirSync(path.join(await dataOf(running.store.endpoint))).filter((name) =>
        name.startsWith("holdfast-demo"),
      );
      expect(left).toEqual([]);
    });

    it("wants a key in the environment", async () => {
      const { code, last } = await demo(["--json", "--store", running.store.endpoint, "--restic", newest]);
      expect([code, last["kind"]]).toEqual([64, "usage"]);
      expect(last["hint"]).toContain("AWS_ACCESS_KEY_ID");
    });
  });

  it("knows no other store", async () => {
    const { code, stderr } = await demo(["--store", "floppy", "--restic", newest]);
    expect(code).toBe(64);
    expect(stderr).toContain("--store auto, rgw, minio");
  });

  it("fetches nothing unasked where there is no terminal", async () => {
    const empty = mkdtempSync(path.join(place, "cache-"));
    const { code, stdout, stderr } = await demo(["--store", "rgw", "--restic", newest], {
      environment: { XDG_CACHE_HOME: empty },
    });
    expect(code).toBe(64);
    expect(stdout).toContain("This fetches Ceph RGW");
    expect(stderr).toContain("--yes");
    expect(readdirSync(empty).filter((name) => name !== "holdfast")).toEqual([]);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 600) throw new Error("it never came to be so");
    await wait(50);
  }
}

/** The data folder of the MinIO at an endpoint, from its own command line. */
async function dataOf(endpoint: string): Promise<string> {
  const { host } = new URL(endpoint);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const words = await Promise.resolve(commandLine(pid));
    if (words.includes(host)) return words.at(-1) ?? "";
  }
  throw new Error(`nothing listens on ${host}`);
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8")
      .split("\0")
      .filter((word) => word !== "");
  } catch {
    return [];
  }
}
