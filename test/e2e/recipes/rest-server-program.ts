import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { testCache } from "./recipe-programs.ts";

const module = "github.com/restic/rest-server";
const version = "0.14.0";

/** Builds rest-server once and keeps it; null where Go is too old for it, and a failure where it is not. */
export function fetchRestServer(): string | null {
  const program = path.join(testCache, `rest-server-${version}`, "rest-server");
  if (existsSync(program)) return program;
  const go = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const minor = go.status === 0 ? /^go1\.(\d+)/.exec(go.stdout)?.[1] : undefined;
  if (minor === undefined || Number(minor) < 23) return null;
  mkdirSync(path.dirname(program), { recursive: true, mode: 0o700 });
  const work = mkdtempSync(path.join(path.dirname(program), "build-"));
  try {
    // A module of our own that requires it: `go install` asks for a list of versions, which not every proxy gives.
    writeFileSync(path.join(work, "go.mod"), `module recipes\n\ngo 1.23\n\nrequire ${module} v${version}\n`);
    execFileSync("go", ["build", "-ldflags=-s -w", "-o", "rest-server", `${module}/cmd/rest-server`], {
      cwd: work,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod" },
    });
    renameSync(path.join(work, "rest-server"), program);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return program;
}
