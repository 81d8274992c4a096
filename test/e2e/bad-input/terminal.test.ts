import { spawn } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realStores, type RunningStore } from "../../stores/real-stores.ts";
import { openHostWithRepository, type Host } from "../host.ts";
import { bucketHistory } from "./bucket-history.ts";
import { expectFailure } from "./expect-failure.ts";

const [ceph] = realStores();
const place = "backups/home";
const program = `${process.execPath} ${path.resolve(import.meta.dirname, "../../../dist/holdfast.js")}`;

interface ShellRun {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a line of bash that may use `$HF` for the program, and gives what both pipes got. */
async function bash(line: string, host: Host): Promise<ShellRun> {
  const child = spawn("bash", ["-c", `set -o pipefail; ${line}`], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", TERM: "xterm", HF: program, ...host.environment() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (data: Buffer) => (output += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output };
}

/** The same on a terminal of so many columns, without what colours it; the exit code is the line's. */
async function onTerminal(columns: number, words: string, host: Host): Promise<ShellRun> {
  const { code, output } = await bash(`script -qec "stty cols ${columns}; $HF ${words}" /dev/null`, host);
  const settled = output.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  return { code, output: settled.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "") };
}

/**
 * Lines that are too long for the screen, but for those that are left to the terminal on purpose: a single word that
 * cannot be broken, and the command to type next, which is to be copied in one piece.
 */
function tooLong(text: string, columns: number): readonly string[] {
  return text.split("\n").filter((line) => line.length > columns && /\S\s+\S/.test(line) && !line.startsWith("Next:"));
}

describe.skipIf(!ceph.isHere)("a terminal that is not there, narrow, or closed early", () => {
  let running: RunningStore;
  let host: Host;
  let plan = "";
  beforeAll(async () => {
    running = await ceph.start();
    host = await openHostWithRepository(running.store, place);
    for (let backup = 0; backup < 2; backup++) await host.run(["backup"]);
    const { last } = await host.run(["--json", "rollback", "plan", "--to", new Date().toISOString()]);
    plan = String(last["name"]);
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });

  it.each([
    ["Ctrl-C", "\\003", 130, "it was stopped at the question"],
    ["Ctrl-D", "\\004", 81, "you said no"],
    ["a no", "n\\n", 81, "you said no"],
  ])("takes %s at the question for what it is, and writes nothing", async (_, keys, code, says) => {
    const before = await bucketHistory(running.store, place);
    const words = `$HF --state-dir ${host.stateFolder} rollback apply ${plan}`;
    const run = await bash(`(sleep 4; printf '${keys}'; sleep 2) | script -qec "${words}" /dev/null`, host);
    const said = run.output.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll(/\s+/g, " ");
    expect(said).toContain("[y/N]");
    expect(said).toContain(says);
    expect(said).toContain("nothing was written");
    expect(run.code).toBe(code);
    expect(await bucketHistory(running.store, place)).toEqual(before);
  });

  it("asks nothing without a terminal: rollback apply refuses with 64 and names --yes", async () => {
    const before = await bucketHistory(running.store, place);
    await expectFailure(
      host,
      { words: ["rollback", "apply", plan] },
      {
        kind: "usage",
        exit: 64,
        subject: plan,
        problem: "it has to be confirmed, and there is no terminal to ask",
        hint: "run the same with --yes",
      },
    );
    expect(await bucketHistory(running.store, place)).toEqual(before);
  });

  it("lists the snapshots in 40 columns with both times and nothing cut that matters", async () => {
    const wide = await host.run(["--json", "snapshots"]);
    const { code, output } = await onTerminal(40, "snapshots", host);
    expect(code).toBe(0);
    expect(tooLong(output, 40)).toEqual([]);
    const listed = wide.last["snapshots"] as readonly Readonly<Record<"id" | "time" | "storedAt", string>>[];
    expect(listed).toHaveLength(2);
    for (const { id, time, storedAt } of listed) {
      expect(output).toContain(id.slice(0, 8));
      for (const instant of [time, storedAt]) expect(output).toContain(`${instant.slice(0, 19)}Z`);
    }
    expect(output).toContain(host.files);
    expect(output.replaceAll(/\s+/g, " ")).toContain("Next: holdfast restore latest home --target DIR");
  });

  it("tells a failure in 40 columns, whole", async () => {
    const forgetful = host.with({ password: "hf-not-the-password" });
    const { code, output } = await onTerminal(40, "backup", forgetful);
    expect(code).toBe(12);
    expect(tooLong(output, 40)).toEqual([]);
    const message = output.replaceAll(/\s+/g, " ");
    expect(message).toContain('Cannot back up "home": the password opens no key of this repository');
    expect(message).toContain("next check repositories.home.password");
  });

  it.each([["rollback plan --to 2000-01-01T00:00:00Z"], ["rollback apply none"], ["snapshotz"]])(
    "keeps %s within 40 columns",
    async (words) => {
      const { output } = await onTerminal(40, words, host);
      expect(tooLong(output, 40)).toEqual([]);
    },
  );

  it.each([
    ["snapshots | head -1", 0],
    ["snapshots | true", 0],
    ["--json snapshots | head -c 1", 0],
    ["--help | head -1", 0],
    ["--help | true", 0],
    ["config schema | true", 0],
    ["--version | true", 0],
    ["--json snapshots nobody | true", 64],
    ["snapshots nobody 2>&1 | true", 64],
  ])("does its work to the end when nobody reads on: %s", async (line, code) => {
    const done = await bash(`$HF ${line}`, host);
    expect(done.output).not.toMatch(/EPIPE|^ {4}at |node:/m);
    expect(done.code).toBe(code);
  });
});
