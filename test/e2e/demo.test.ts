import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** Where both are here, each test has the one that suits it; where one is missing, the other does. */
const someStore = minio.isHere ? "minio" : "rgw";
const stores = [
  ["rgw", "Ceph RGW", ceph.isHere],
  ["minio", "MinIO", minio.isHere],
] as const;
const rows = stores
  .filter(([, , isHere]) => isHere)
  .flatMap(([store, title]) =>
    restics.filter((each) => [oldest, newest].includes(each)).map((each) => [store, title, each] as const),
  );

describe.skipIf(restics.length === 0)("holdfast demo", () => {
  it.each(rows)(
    "on %s ends with every byte identical and leaves nothing behind (%s, %s)",
    async (store, title, restic) => {
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
      const found = store === "minio" ? { failed: 5 } : { failed: 0, surprises: [] };
      expect(last["audit"]).toMatchObject(found);
      expect(last["forgery"]).toMatchObject({ forged: 3, real: 2, forgottenByRestic: 2, forgottenByHoldfast: 0 });
      const { heldBy } = last["forgery"] as { readonly heldBy: readonly string[] };
      expect(heldBy).toEqual(expect.arrayContaining(["burst", "future-dated"]));
      expect(last["proven"]).toBeGreaterThan(0);
      expect(Number(last["seconds"])).toBeGreaterThan(0);
      expect(lines.filter(({ type }) => type === "result" || type === "failure")).toHaveLength(1);
      expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
    },
  );

  it.skipIf(rows.length === 0)("backs up a folder of the user's and sums up on one screen", async () => {
    const folder = mkdtempSync(path.join(place, "own-"));
    for (let index = 0; index < 30; index++) writeFileSync(path.join(folder, `file ${index}`), `${index}`.repeat(1000));
    const { code, stdout } = await demo(["--store", someStore, "--restic", newest, folder]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/restored +\d+ files, every byte identical/);
    expect(stdout).toContain("Nothing is left running.");
    expect(stdout).toMatch(/copies of 30\s+files/);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      someStore === "minio" ? "docs/minio-guard.md" : "the pruner can hide only",
    );
    expect(stdout.split("\n").length).toBeLessThanOrEqual(24);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    ["nowhere", "there is no such folder"],
    ["a file", "it is no folder"],
    ["an empty folder", "there is no file in it that can be read"],
  ])("tells before it starts anything that it cannot back up %s", async (name, problem) => {
    const folder = path.join(mkdtempSync(path.join(place, "own-")), name);
    if (name === "a file") writeFileSync(folder, "");
    if (name === "an empty folder") mkdirSync(folder);
    const { code, stderr, last } = await demo(["--json", "--store", "http://127.0.0.1:1", folder, "--restic", newest]);
    expect([code, stderr, last["problem"]]).toEqual([64, "", problem]);
  });

  it.skipIf(!ceph.isHere)("leaves nothing behind when it is interrupted", async () => {
    const { code, stderr } = await demo(["--store", "rgw", "--restic", newest], {
      whileRunning: async (child) => {
        await until(() => processesLeft().length > 0);
        await wait(1500);
        child.kill("SIGINT");
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/it was stopped, and nothing of it is left\s+running/);
    expect(stderr).toMatch(/next +holdfast demo/);
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  // The store's own tools are at work then, each for some hundredths of a second.
  it.skipIf(!ceph.isHere).each([20, 120, 250, 500, 800])(
    "takes a terminal's Ctrl-C for what it is, %s ms after Ceph begins to start",
    async (milliseconds) => {
      const { code, output } = await onTerminal(["--store", "rgw", "--restic", newest], async (type) => {
        await until(() => foldersLeft().length > 0);
        await wait(milliseconds);
        type("\u0003");
      });
      expect(output).toContain("it was stopped, and nothing of it is left running");
      expect(code).toBe(130);
      expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
    },
  );

  it.skipIf(rows.length === 0)("leaves nothing behind when its terminal is closed", async () => {
    const { code } = await demo(["--store", someStore, "--restic", newest], {
      whileRunning: async (child) => {
        await until(() => processesLeft().length > 0);
        child.kill("SIGHUP");
      },
    });
    expect(code).toBe(130);
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  it.skipIf(!ceph.isHere)("clears what a killed demo left", async () => {
    const killed = await demo(["--store", "rgw", "--restic", newest], {
      whileRunning: async (child) => {
        await until(() => processesLeft().length >= 3);
        child.kill("SIGKILL");
      },
    });
    expect(killed.code).toBeNull();
    expect(foldersLeft()).toHaveLength(1);
    const next = await demo(["--store", someStore, "--restic", newest]);
    expect(next.code).toBe(0);
    expect(next.stderr).toContain("cleared what an earlier demo left");
    expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
  });

  it.skipIf(rows.length === 0)(
    "keeps the store running when asked, and prints lines that can be typed as they stand",
    async () => {
      const kept = await demo(["--store", someStore, "--restic", newest, "--keep"]);
      expect(kept.code).toBe(0);
      const [look = "", list = "", end = ""] = kept.stdout
        .split("\n")
        .flatMap((line) => /^ {2}(\S.* (?:snapshots|exec|rm) .*)$/.exec(line)?.[1] ?? []);
      expect((await typed(look)).output).toContain("2 snapshots in demo");
      expect((await typed(list)).output).toContain("notes.txt");
      await typed(end);
      expect([foldersLeft(), processesLeft()]).toEqual([[], []]);
    },
  );

  describe.skipIf(!minio.isHere)("with a store that is there already", () => {
    let running: Awaited<ReturnType<typeof minio.start>>;
    beforeAll(async () => {
      running = await minio.start();
    });
    afterAll(async () => await running.stop());

    const demoThere = async (words: readonly string[], options: RunOptions = {}): Promise<Run> => {
      const { endpoint, owner } = running.store;
      const keys = { AWS_ACCESS_KEY_ID: owner.accessKey, AWS_SECRET_ACCESS_KEY: owner.secretKey.reveal() };
      return await demo(["--store", endpoint, "--restic", newest, ...words], { ...options, environment: keys });
    };
    const bucketsLeft = async (): Promise<readonly string[]> =>
      readdirSync(await dataOf(running.store.endpoint)).filter((name) => name.startsWith("holdfast-demo"));

    it("uses it and destroys its own bucket there in the end", async () => {
      const { code, last } = await demoThere(["--json"]);
      expect(code).toBe(0);
      expect(last).toMatchObject({ ok: true, store: `the store at ${running.store.endpoint}` });
      expect(await bucketsLeft()).toEqual([]);
    });

    it("destroys its own bucket there when it is interrupted", async () => {
      let buckets: readonly string[] = [];
      const { code, stderr } = await demoThere([], {
        whileRunning: async (child) => {
          while (buckets.length === 0) {
            await wait(20);
            buckets = await bucketsLeft();
          }
          child.kill("SIGINT");
        },
      });
      expect([code, await bucketsLeft()]).toEqual([130, []]);
      expect(stderr).not.toContain("is left behind");
    });

    it("names the bucket that it keeps, and how to remove it", async () => {
      const { code, stdout } = await demoThere(["--keep"]);
      const [bucket = ""] = await bucketsLeft();
      expect(code).toBe(0);
      expect(stdout).toContain(`The bucket is ${bucket} at ${running.store.endpoint}`);
      expect(stdout).toContain(`mc rb --force ALIAS/${bucket}`);
      expect(stdout).toContain("Its bucket is left at the store.");
      expect(stdout).not.toContain("pkill");
      await typed(/rm -r .*/.exec(stdout)?.[0] ?? "");
      expect(foldersLeft()).toEqual([]);
    });

    it("wants a key in the environment", async () => {
      const { code, last } = await demo(["--json", "--store", running.store.endpoint, "--restic", newest]);
      expect([code, last["kind"]]).toEqual([64, "usage"]);
      expect(last["hint"]).toContain("AWS_ACCESS_KEY_ID");
    });
  });

  it.each(["floppy", "http://", "https:", "http://[::"])("knows no store by the name of %s", async (store) => {
    const { code, stderr } = await demo(["--store", store, "--restic", newest]);
    expect(code).toBe(64);
    expect(stderr).toContain("--store auto, rgw, minio");
  });

  it.skipIf(!ceph.isHere)("fetches nothing unasked where there is no terminal", async () => {
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

interface ShellRun {
  readonly code: number | null;
  readonly output: string;
}

/** Types a line into a shell of a user who has neither restic nor holdfast on PATH. */
async function typed(line: string): Promise<ShellRun> {
  return await outputOf(spawn("sh", ["-c", line], { cwd: "/", env: { PATH: process.env["PATH"], HOME: place } }));
}

/** Runs a demo on a terminal of its own, where Ctrl-C reaches whatever is in the foreground. */
async function onTerminal(
  words: readonly string[],
  act: (type: (keys: string) => void) => Promise<void>,
): Promise<ShellRun> {
  const program = path.resolve(import.meta.dirname, "../../dist/holdfast.js");
  const line = ["stty cols 80;", process.execPath, program, "demo", ...words].join(" ");
  const child = spawn("script", ["-qec", line, "/dev/null"], {
    env: { HOME: "/nonexistent", TERM: "xterm", ...environment },
  });
  const run = outputOf(child);
  await act((keys) => child.stdin.write(keys));
  return await run;
}

async function outputOf(child: ChildProcessWithoutNullStreams): Promise<ShellRun> {
  let output = "";
  for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (data: Buffer) => (output += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 1500) throw new Error("it never came to be so");
    await wait(20);
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
