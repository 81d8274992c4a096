import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { compareFolders } from "../../../src/cli/demo/sample-files.ts";
import { startAppendOnlyServer, type AppendOnlyServer } from "./append-only-server.ts";
import { fetchRecipePackages } from "./recipe-programs.ts";
import { recipeScript } from "./recipe-template.ts";
import { fetchRestServer } from "./rest-server-program.ts";
import { runProgram, type ProgramRun } from "./run-program.ts";

const program = fetchRestServer();
const packages = await fetchRecipePackages();
const isMissing = program === null || packages === null || inject("restics").length === 0;

describe.skipIf(isMissing)("rest-server in append-only mode (needs Go 1.23 or later, and Debian packages)", () => {
  let server: AppendOnlyServer;
  let files = "";
  let before = new Map<string, string>();
  let attacked = "";
  beforeAll(async () => {
    server = await startAppendOnlyServer(program ?? "", packages ?? "");
    files = path.join(server.folder, "files");
    mkdirSync(files);
    for (const name of ["one", "two"]) writeFileSync(path.join(files, name), randomBytes(30_000));
  });
  afterAll(async () => await server.remove());

  it("takes backups over the network", async () => {
    await well(server.overNetwork("init"));
    await well(server.overNetwork("backup", files));
    writeFileSync(path.join(files, "three"), "the third");
    await well(server.overNetwork("backup", files));
    await well(server.overNetwork("check"));
    before = bytesOf(server.repository);
    attacked = await nextInstant();
  });

  it("refuses the thief every delete and every overwrite, by restic and by hand", async () => {
    expect((await server.overNetwork("forget", "--keep-last", "1", "--prune", "--group-by", "")).code).not.toBe(0);
    for (const name of before.keys()) {
      const place = `/home/${name.replace(/^data\/../, "data")}`;
      expect(await server.ask("DELETE", place)).toBe(403);
      expect(await server.ask("POST", place, randomBytes(100))).toBe(403);
    }
    expect(await server.ask("DELETE", "/home/")).toBe(405);
    expect(await server.ask("PUT", "/home/config", randomBytes(100))).toBe(405);
    expect(await server.ask("POST", `/home/data/${"0".repeat(64)}`, randomBytes(100))).toBe(400);
    expect(kept(server.repository, before)).toEqual(before);
  });

  it("keeps the thief out of other hosts' repositories", async () => {
    for (const place of ["/other/config", "/config", "/home/../other/config", "/home/%2e%2e/other/config"]) {
      expect(await server.ask("POST", place, randomBytes(100))).not.toBe(200);
    }
    expect(existsSync(path.join(server.repository, "../other"))).toBe(false);
    expect(existsSync(path.join(server.repository, "../config"))).toBe(false);
  });

  it("lets the thief remove locks, add snapshots of any date, and add junk that stops restic", async () => {
    const lock = randomBytes(60);
    expect(await server.ask("POST", `/home/locks/${nameOf(lock)}`, lock)).toBe(200);
    expect(await server.ask("DELETE", `/home/locks/${nameOf(lock)}`)).toBe(200);
    writeFileSync(path.join(files, "one"), "encrypted");
    await well(server.overNetwork("backup", "--time", "2020-01-01 00:00:00", files));
    await well(server.overNetwork("backup", "--time", "2031-01-01 00:00:00", files));
    const junk = randomBytes(60);
    expect(await server.ask("POST", `/home/index/${nameOf(junk)}`, junk)).toBe(200);
    expect((await server.overNetwork("backup", files)).code).not.toBe(0);
    expect(kept(server.repository, before)).toEqual(before);
  });

  it("would lose the real snapshots to a rule that counts, had the trusted host not looked", async () => {
    const junk = readdirSync(path.join(server.repository, "index")).filter((name) => !before.has(`index/${name}`));
    expect(junk.length).toBeGreaterThan(0);
    const counted = await server.onServer("forget", "--keep-last", "1", "--group-by", "", "--dry-run", "--json");
    expect(keptYears(counted)).toEqual(["2031"]);
    const within = await server.onServer("forget", "--keep-within", "30d", "--group-by", "", "--dry-run", "--json");
    const thisYear = String(new Date().getUTCFullYear());
    expect(keptYears(within)).toEqual([thisYear, thisYear, "2031"].toSorted());
  });

  it("is set back on the server to the instant before the attack, with what came after put aside", async () => {
    await server.stop();
    const aside = path.join(server.folder, "aside");
    const command = [recipeScript("rest-server-roll-back.sh"), server.repository, attacked, aside] as const;
    const environment = { PATH: process.env["PATH"] ?? "", HOME: server.folder };
    const early = [...command.slice(0, 2), "2020-01-01T00:00:00Z", aside] as const;
    expect((await runProgram([command[0], ...early.slice(1)], environment)).code).toBe(81);
    expect(bytesOf(server.repository).size).toBeGreaterThan(before.size);
    await well(runProgram(command, environment));
    expect(bytesOf(server.repository)).toEqual(before);
    expect(bytesOf(aside).size).toBeGreaterThan(3);
    await well(server.onServer("check", "--read-data"));
    const target = path.join(server.folder, "restored");
    await well(server.onServer("restore", "latest", "--target", target));
    const restored = await compareFolders(files, path.join(target, files));
    expect(restored).toMatchObject({ differing: ["one"] });
  });

  it("is pruned by the trusted host over the local path", async () => {
    await well(server.onServer("forget", "--keep-last", "1", "--group-by", "", "--prune"));
    expect(JSON.parse(await well(server.onServer("snapshots", "--json")))).toHaveLength(1);
    await well(server.onServer("check"));
  });
});

async function well(running: Promise<ProgramRun>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`ended with ${String(code)}\n${stdout}\n${stderr}`);
  return stdout;
}

/** An instant after all that was written and before all that will be. */
async function nextInstant(): Promise<string> {
  await wait(20);
  const instant = new Date().toISOString();
  await wait(20);
  return instant;
}

/** Of every file below, locks left out. */
function bytesOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const named = files.map((entry) => path.join(entry.parentPath, entry.name));
  const pairs = named.map((file) => [path.relative(folder, file), nameOf(readFileSync(file))] as const);
  return new Map(pairs.filter(([name]) => !name.startsWith("locks/")).toSorted());
}

/** What is there now of what was there before. */
function kept(folder: string, before: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...bytesOf(folder)].filter(([name]) => before.has(name)));
}

function nameOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function keptYears({ code, stdout, stderr }: ProgramRun): readonly string[] {
  if (code !== 0) throw new Error(`forget ended with ${String(code)}\n${stderr}`);
  const groups = JSON.parse(stdout) as readonly { readonly keep: readonly { readonly time: string }[] }[];
  return groups.flatMap(({ keep }) => keep.map(({ time }) => time.slice(0, 4))).toSorted();
}
