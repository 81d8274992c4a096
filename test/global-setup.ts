import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { hasDebianPackages, unpackPackages } from "../src/adapters/debian-packages.ts";
import { downloadRgw } from "../src/adapters/local-store/rgw-packages.ts";
import { downloadRestic } from "../src/adapters/restic-download.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where Ceph is unpacked; null where it cannot be had. */
    readonly cephRoot: string | null;
    /** The MinIO program; null where it cannot be had. */
    readonly minio: string | null;
    /** The nginx program; null where it cannot be had. */
    readonly nginx: string | null;
    /** restic programs, the oldest first: 0.14.0, 0.18.0 and the newest on Debian 12. */
    readonly restics: readonly string[];
  }
}

const root = path.resolve(import.meta.dirname, "..");
const cache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "holdfast");
const minioModule = "github.com/minio/minio@latest";

/** Builds the program and gets the real stores and restics once for all test files; what is there already is used again. */
export default async function setup(project: TestProject): Promise<void> {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
  const [cephRoot, restics] = await Promise.all([ceph(), resticsOfDistribution()]);
  project.provide("nginx", await nginx());
  project.provide("cephRoot", cephRoot);
  project.provide("restics", restics);
  project.provide("minio", minio());
}

async function ceph(): Promise<string | null> {
  return hasDebianPackages() ? await downloadRgw(cache) : null;
}

/** One after the other: the suites share the mirror, and the machine has few cores. */
async function resticsOfDistribution(): Promise<readonly string[]> {
  if (!hasDebianPackages()) return [];
  const found: string[] = [];
  for (const suite of ["bookworm", "trixie", "sid"]) {
    found.push(await downloadRestic({ cacheFolder: cache, suite }));
  }
  return found;
}

/** The machine's own suite, with the libraries that the machine lacks left to its own folders. */
async function nginx(): Promise<string | null> {
  if (!hasDebianPackages()) return null;
  const folder = path.join(cache, "nginx-own");
  await unpackPackages({ packages: ["nginx"], suite: null, withDependencies: true, folder });
  return path.join(folder, "usr/sbin/nginx");
}

/** Where Go is new enough to build it, a MinIO that cannot be had is a failure, not a skip. */
function minio(): string | null {
  const folder = path.join(cache, "minio");
  const program = path.join(folder, "bin/minio");
  if (existsSync(program)) return program;
  if (!goIsNewEnough()) return null;
  process.stdout.write("building MinIO from source, some minutes the first time\n");
  execFileSync("go", ["install", "-ldflags=-s -w", minioModule], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, GOBIN: path.join(folder, "bin"), CGO_ENABLED: "0", GOFLAGS: "" },
  });
  return program;
}

function goIsNewEnough(): boolean {
  const { status, stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const version = status === 0 ? /^go1\.(\d+)/.exec(stdout)?.[1] : undefined;
  return version !== undefined && Number(version) >= 24;
}
