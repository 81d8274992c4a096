import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { measured, type Usage } from "./measured-process.ts";
import type { BenchRow } from "./row.ts";

const holdfast = path.resolve(import.meta.dirname, "../dist/holdfast.js");
const secondsGoal = 10;
const mebibytesGoal = 150;

/**
 * `rollback plan --prove none` over a bucket whose every object was deleted, from a store that serves made-up pages as
 * fast as it can. The store's own work is in the time: both run on this machine.
 */
export async function planAtScale(): Promise<readonly BenchRow[]> {
  const million = await planOver(1_000_000);
  const five = await planOver(5_000_000);
  const row = { peer: null, ratio: null };
  return [
    {
      ...row,
      name: "plan over 1 M versions, all deleted",
      ours: million.seconds,
      unit: "s",
      goal: `<= ${secondsGoal} s`,
      met: million.seconds <= secondsGoal,
    },
    ...[
      { title: "1 M", usage: million },
      { title: "5 M", usage: five },
    ].map(({ title, usage }) => ({
      ...row,
      name: `peak memory of that over ${title} versions`,
      ours: usage.peakMebibytes,
      unit: "MiB",
      goal: `<= ${mebibytesGoal} MiB`,
      met: usage.peakMebibytes <= mebibytesGoal,
    })),
  ];
}

async function planOver(versions: number): Promise<Usage> {
  const folder = await mkdtemp(path.join(tmpdir(), "hf-bench-"));
  const store = await startSyntheticStore(versions);
  try {
    const to = new Date(store.markedAt.getTime() - 1000);
    const usage = await measured({
      program: process.execPath,
      arguments: [
        ...[holdfast, "--config", await configuration(folder, store.port), "--state-dir", path.join(folder, "state")],
        ...["--json", "rollback", "plan", "--to", to.toISOString(), "--prove", "none"],
      ],
      environment: {},
      folder,
      exitCodes: [0, 80],
    });
    requireComplete(usage.output, versions);
    const { seconds, cpuSeconds, peakMebibytes } = usage;
    const figures = `${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s, peak ${peakMebibytes.toFixed(0)} MiB`;
    process.stderr.write(`plan over ${versions} versions and as many markers: ${figures}\n`);
    return usage;
  } finally {
    store.stop();
    await rm(folder, { recursive: true });
  }
}

interface SyntheticStore {
  readonly port: number;
  readonly markedAt: Date;
  stop(): void;
}

async function startSyntheticStore(versions: number): Promise<SyntheticStore> {
  const words = [path.join(import.meta.dirname, "synthetic-store.ts"), "--versions", `${versions}`, "--delay", "0"];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { port, markedAt } = JSON.parse(line) as { readonly port: number; readonly markedAt: string };
  return { port, markedAt: new Date(markedAt), stop: () => child.stdin.end() };
}

async function configuration(folder: string, port: number): Promise<string> {
  await mkdir(path.join(folder, "state"), { mode: 0o700 });
  for (const name of ["id", "key", "password"]) await writeFile(path.join(folder, name), "synthetic", { mode: 0o600 });
  const secret = (name: string): string => `"file:${path.join(folder, name)}"`;
  const key = `{ access-key: ${secret("id")}, secret-key: ${secret("key")} }`;
  const file = path.join(folder, "config.yaml");
  await writeFile(
    file,
    `repositories: { home: { location: "s3:http://127.0.0.1:${port}/bench", provider: ceph, bucket-lookup: path,` +
      ` password: ${secret("password")}, keys: { rescuer: ${key} } } }\n`,
  );
  return file;
}

/** A plan that brings back less than everything would be fast for the wrong reason. */
function requireComplete(output: string, versions: number): void {
  const { actions } = JSON.parse(output.trim().split("\n").at(-1) ?? "") as {
    readonly actions: { readonly liftMarker: number };
  };
  if (actions.liftMarker !== versions) throw new Error(`the plan lifts ${actions.liftMarker} markers of ${versions}`);
}
