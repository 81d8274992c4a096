import { readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/program.ts";
import { openHostWithRepository, type Host } from "../e2e/host.ts";
import { realStores, type RunningStore } from "../stores/real-stores.ts";
import { cronFile, openCronHost, type CronHost } from "./cron-host.ts";

const limit = 256 * 1024;
const files = ["holdfast-audit", "holdfast-backup", "holdfast-prune"];

describe("templates/cron", () => {
  it("holds a line for each command and the script that they start", () => {
    const folder = path.resolve(import.meta.dirname, "../../templates/cron");
    expect(readdirSync(folder).sort()).toEqual([...files, "holdfast-from-cron"].sort());
    expect(statSync(path.join(folder, "holdfast-from-cron")).mode & 0o111).toBe(0o111);
  });

  it.each(files)("starts in %s a command line that Holdfast takes", (file) => {
    const [script, ...words] = cronFile(file).command.split(" ");
    expect(script).toBe("holdfast-from-cron");
    const parsed = parseCommandLine(words, "0", 80);
    if ("text" in parsed) throw new Error(parsed.text);
    expect(`holdfast-${parsed.spec.name}`).toBe(file);
    expect(parsed.input.words["repository"]).toBe("home");
  });

  it.each(files)("has no secret in %s, only the folder where they lie", (file) => {
    const { variables } = cronFile(file);
    expect(Object.fromEntries(variables)).toEqual({
      MAILTO: "root",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      LOGS: "/var/log/holdfast",
      CREDENTIALS_DIRECTORY: "/etc/holdfast",
    });
  });
});

const store = realStores().find(({ isHere }) => isHere);

describe.skipIf(store === undefined)("a line of cron", () => {
  let running: RunningStore;
  let host: Host;
  let cron: CronHost;
  beforeAll(async () => {
    if (store === undefined) throw new Error("this machine has no store");
    running = await store.start();
    host = await openHostWithRepository(running.store, "backups/home");
    cron = openCronHost(host);
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });

  async function snapshots(): Promise<number> {
    const { last } = await host.run(["--json", "snapshots"]);
    return (last["snapshots"] as readonly unknown[]).length;
  }

  it("backs up, says nothing for cron to mail, and keeps what the run said", async () => {
    expect(await cron.run("holdfast-backup")).toEqual({ code: 0, output: "" });
    expect(await snapshots()).toBe(1);
    expect(cron.log("backup-home")).toMatch(
      /^--- \S+Z {2}holdfast backup home --retry-lock 1h {2}ended with 0\n.*saved/,
    );
  });

  it("leaves a run alone that goes on, and says nothing", async () => {
    const before = await snapshots();
    cron.hold();
    const first = cron.run("holdfast-backup");
    await expect.poll(() => cron.isRunning("backup-home"), { timeout: 20_000 }).toBe(true);
    expect(await cron.run("holdfast-backup")).toEqual({ code: 0, output: "" });
    expect(cron.isRunning("backup-home")).toBe(true);
    cron.release();
    expect(await first).toEqual({ code: 0, output: "" });
    expect(await snapshots()).toBe(before + 1);
    expect(cron.isRunning("backup-home")).toBe(false);
  });

  it("prints what a failed run said, its exit code and where the log is, and no secret", async () => {
    const password = path.join(cron.credentials, "home.password");
    renameSync(password, `${password}.away`);
    const { code, output } = await cron.run("holdfast-backup");
    renameSync(`${password}.away`, password);
    expect(code).toBe(78);
    expect(output).toContain("holdfast backup home --retry-lock 1h ended with 78 on ");
    expect(output).toContain(path.join(cron.logs, "backup-home.log"));
    expect(output).toContain("there is no file");
    for (const secret of host.secrets) expect(output).not.toContain(secret);
    expect(cron.log("backup-home")).toContain("ended with 78");
    expect(await cron.run("holdfast-backup")).toEqual({ code: 0, output: "" });
  });

  it("cuts off the oldest of a log that has become long, and leaves nothing else behind", async () => {
    writeFileSync(path.join(cron.logs, "backup-home.log"), "the oldest line\n".repeat(limit / 8));
    expect((await cron.run("holdfast-backup")).code).toBe(0);
    const log = cron.log("backup-home");
    expect(log).toHaveLength(limit);
    expect(log).toMatch(/ended with 0\nhome: .*\n.*\n.*\n$/);
    expect(readdirSync(cron.logs).sort()).toEqual(["backup-home.lock", "backup-home.log"]);
  });

  it("forgets and prunes with the pruner's key, or tells the rail that holds it, with a lock and a log of its own", async () => {
    const { code, output } = await cron.run("holdfast-prune");
    expect([0, 81]).toContain(code);
    expect(output === "").toBe(code === 0);
    expect(cron.log("prune-home")).toContain(`holdfast prune home --retry-lock 3h  ended with ${String(code)}`);
  });

  it("tries what the keys could do", async () => {
    expect(await cron.run("holdfast-audit")).toEqual({ code: 0, output: "" });
    expect(cron.log("audit-home")).toContain("holdfast audit home --quick  ended with 0");
  });
});
