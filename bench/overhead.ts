import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { administerBucket } from "../src/adapters/s3/bucket-administration.ts";
import { openS3Store } from "../src/adapters/s3/s3-store.ts";
import type { S3Access } from "../src/adapters/s3/s3-client.ts";
import { openClock } from "../src/adapters/system-clock.ts";
import type { LocalStore } from "../src/adapters/local-store/local-store.ts";
import { hasDebianPackages } from "../src/adapters/debian-packages.ts";
import { findRestic } from "../src/adapters/process/find-restic.ts";
import { downloadRestic } from "../src/adapters/restic-download.ts";
import { parseRepositoryLocation } from "../src/base/repository-location.ts";
import { cacheFolderOf, chooseStore } from "../src/cli/demo/demo-store.ts";
import { parseProfile } from "../src/config/profiles.ts";
import { readPackageFile } from "../src/adapters/files/package-files.ts";
import { interleavedMedians, type TimedCommand } from "./interleaved.ts";
import type { BenchRow } from "./row.ts";

const program = path.resolve(import.meta.dirname, "../dist/holdfast.js");
const runs = 11;
const goal = 150;

/** What Holdfast adds to bare restic on the same store: `snapshots`, and a `backup` that finds nothing new. */
export async function overhead(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "hf-bench-"));
  const cacheFolder = cacheFolderOf(process.env);
  const choice = await chooseStore({ wanted: "auto", variables: process.env, cacheFolder });
  mkdirSync(path.join(folder, "store"));
  const store = await choice.start({ folder: path.join(folder, "store") });
  try {
    const host = await setUp(folder, store, await resticFile(cacheFolder));
    return ["snapshots", "backup"].map((command) => measured(command, store.title, host));
  } finally {
    await store.stop();
    rmSync(folder, { recursive: true });
  }
}

interface BenchHost {
  readonly ours: (command: string) => TimedCommand;
  readonly bare: (command: string) => TimedCommand;
}

function measured(command: string, store: string, host: BenchHost): BenchRow {
  const { ours, peer } = interleavedMedians(host.ours(command), host.bare(command), runs);
  return {
    name: `${command} / bare restic, ${store}`,
    ours,
    peer,
    unit: "ms",
    ratio: ours / peer,
    goal: `difference <= ${goal} ms`,
    met: ours - peer <= goal,
  };
}

async function resticFile(cacheFolder: string): Promise<string> {
  try {
    const { program: found } = await findRestic({
      flag: undefined,
      variable: process.env["HOLDFAST_RESTIC"],
      searchPath: process.env["PATH"],
    });
    return found.path;
  } catch (error) {
    if (!hasDebianPackages()) throw error;
    return await downloadRestic({ cacheFolder, suite: null });
  }
}

async function setUp(folder: string, store: LocalStore, restic: string): Promise<BenchHost> {
  const location = parseRepositoryLocation(`s3:${store.endpoint}/bench/home`);
  const profileFile = `profiles/${store.provider}.yaml`;
  const profileText = await readPackageFile(profileFile);
  if (location === null || profileText === null) throw new Error("the bench cannot be set up");
  const { owner } = store;
  const access: S3Access = {
    location,
    region: null,
    bucketLookup: "path",
    caFile: null,
    profile: parseProfile(profileText, profileFile),
    credentials: { role: "rescuer", ...owner },
    clock: openClock(),
  };
  await administerBucket(access).createBucket();
  await openS3Store(access).enableVersioning();
  const files = path.join(folder, "files");
  mkdirSync(files);
  for (let index = 0; index < 200; index++) writeFileSync(path.join(files, `file-${index}`), randomBytes(16 * 1024));
  const secret = (name: string, value: string): string => {
    writeFileSync(path.join(folder, name), value, { mode: 0o600 });
    return `file:${path.join(folder, name)}`;
  };
  const key = `{ access-key: "${secret("id", owner.accessKey)}", secret-key: "${secret("key", owner.secretKey.reveal())}" }`;
  const configuration = path.join(folder, "config.yaml");
  writeFileSync(
    configuration,
    `repositories: { home: { location: "${location.spelling}", provider: ${store.provider}, password: "${secret("password", "bench")}",` +
      ` keys: { writer: ${key} }, backup: { paths: ["${files}"] } } }\n`,
  );
  const environment = {
    HOLDFAST_RESTIC: restic,
    XDG_CACHE_HOME: path.join(folder, "cache"),
    XDG_STATE_HOME: path.join(folder, "state"),
    RESTIC_REPOSITORY: location.spelling,
    RESTIC_PASSWORD: "bench",
    AWS_ACCESS_KEY_ID: owner.accessKey,
    AWS_SECRET_ACCESS_KEY: owner.secretKey.reveal(),
  };
  const words: Readonly<Record<string, readonly string[]>> = {
    init: ["init"],
    snapshots: ["snapshots", "--json", "--no-lock"],
    backup: ["backup", "--json", files],
  };
  const host: BenchHost = {
    ours: (command) => ({
      program: process.execPath,
      arguments: [program, "--config", configuration, command],
      environment,
    }),
    bare: (command) => ({ program: restic, arguments: words[command] ?? [], environment }),
  };
  interleavedMedians(host.ours("--help"), host.bare("init"), 0);
  interleavedMedians(host.ours("backup"), host.bare("backup"), 0);
  return host;
}
