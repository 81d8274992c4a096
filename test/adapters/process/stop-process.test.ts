import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeResticFolder } from "./fake-restic.ts";

const program = path.join(import.meta.dirname, "exec-program.ts");
/** util-linux's `script` gives a program a terminal of its own; elsewhere it takes other words. */
const hasTerminals = spawnSync("sh", ["-c", "script --version"]).output.join("").includes("util-linux");

/** Writes each signal it gets into `signals`, and ends half a second after the first SIGINT, with `code`. */
const counting = (code: number): string => `
n=0
trap 'n=$((n + 1)); echo INT >>signals' INT
trap 'echo TERM >>signals' TERM
echo $PPID >started
left=100
while [ $left -gt 0 ]; do
  sleep 0.1; left=$((left - 1))
  [ $n -gt 0 ] && [ $left -gt 5 ] && left=5
done
echo ended
exit ${code}`;

let folder = new FakeResticFolder();
beforeEach(() => {
  folder = new FakeResticFolder();
});
afterEach(() => folder.remove());

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return await new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

/** Runs `restic` as `exec` does, without a terminal. `detached` takes the one away that the tests may run in. */
function withoutTerminal(restic: string): ChildProcess {
  return spawn(process.execPath, [program, restic, "snapshots"], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** The same in the foreground of a terminal, whose keyboard is the stdin of the process given back. */
function atTerminal(restic: string, before = ""): ChildProcess {
  const command = `${before}'${process.execPath}' '${program}' '${restic}' snapshots`;
  return spawn("script", ["-qec", command, "/dev/null"], {
    env: { ...process.env, SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
}

describe("exec without a terminal", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("passes a %s on as one SIGINT", async (name) => {
    const child = withoutTerminal(folder.script(counting(130)));
    const ended = endOf(child);
    const pid = Number(await folder.untilWritten("started"));
    process.kill(pid, name);
    expect(await ended).toEqual({ code: 130, output: "ended\n" });
    expect(pid).toBe(child.pid);
    expect(folder.text("signals")).toBe("INT");
  });

  it("passes no second one on", async () => {
    const ended = endOf(withoutTerminal(folder.script(counting(130))));
    const pid = Number(await folder.untilWritten("started"));
    process.kill(pid, "SIGTERM");
    await folder.untilWritten("signals");
    process.kill(pid, "SIGINT");
    await ended;
    expect(folder.text("signals")).toBe("INT");
  });

  it.each([0, 1])("leaves restic's exit code %d as it is", async (code) => {
    const ended = endOf(withoutTerminal(folder.script(counting(code))));
    process.kill(Number(await folder.untilWritten("started")), "SIGTERM");
    expect((await ended).code).toBe(code);
  });

  it("kills a restic that ignores it, once patience is over", async () => {
    const deaf = "trap '' INT; trap 'echo TERM >>signals' TERM; echo $PPID >started; while :; do sleep 0.1; done";
    const ended = endOf(withoutTerminal(folder.script(deaf)));
    process.kill(Number(await folder.untilWritten("started")), "SIGTERM");
    expect((await ended).code).toBe(137);
    expect(folder.has("signals")).toBe(false);
  });
});

describe.skipIf(!hasTerminals)("exec at a terminal", () => {
  it("leaves a Ctrl-C to the terminal, which has sent it to restic already", async () => {
    const child = atTerminal(folder.script(counting(130)));
    const ended = endOf(child);
    await folder.untilWritten("started");
    child.stdin?.write("\u0003");
    expect((await ended).code).toBe(130);
    expect(folder.text("signals")).toBe("INT");
  });

  it("does so also where its input comes from elsewhere", async () => {
    const child = atTerminal(folder.script(counting(130)), "sleep 3 | ");
    const ended = endOf(child);
    await folder.untilWritten("started");
    child.stdin?.write("\u0003");
    await ended;
    expect(folder.text("signals")).toBe("INT");
  });

  it("passes a SIGTERM on as one SIGINT, for it came to us alone", async () => {
    const ended = endOf(atTerminal(folder.script(counting(130))));
    process.kill(Number(await folder.untilWritten("started")), "SIGTERM");
    expect((await ended).code).toBe(130);
    expect(folder.text("signals")).toBe("INT");
  });
});
