import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { BenchRow } from "./row.ts";

const root = path.resolve(import.meta.dirname, "..");

/** How many packages a user installs, and how large the bundle is. Counted, not timed: there is no peer and no goal. */
export function size(): Promise<readonly BenchRow[]> {
  const listed = spawnSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: root, encoding: "utf8" });
  const packages = new Set(listed.stdout.trim().split("\n").slice(1)).size;
  const dist = path.join(root, "dist");
  const bytes = readdirSync(dist).reduce((sum, name) => sum + statSync(path.join(dist, name)).size, 0);
  const counted = { peer: null, ratio: null, goal: "", met: null };
  return Promise.resolve([
    { name: "production dependencies", ours: packages, unit: "packages", ...counted },
    { name: "bundle", ours: bytes / 1024, unit: "KiB", ...counted },
  ]);
}
