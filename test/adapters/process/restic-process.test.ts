import { getEventListeners } from "node:events";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRestic, type ProcessOptions } from "../../../src/adapters/process/restic-process.ts";
import type { ResticCall, ResticOutcome } from "../../../src/restic/restic-program.ts";
import { ends, FakeResticFolder } from "./fake-restic.ts";

const floodLines = 50_000;
/** 5 MB, then a file that stands for the lock that restic takes away at its end. */
const flood = `awk 'BEGIN { for (i = 0; i < ${floodLines}; i++) printf "%099d\\n", i }' && echo yes >ended`;
/** Ends soon after SIGINT, or by itself after ten seconds; notes every signal in `signals`. */
const obedient = `
trap 'echo INT >>signals; exit 130' INT
trap 'echo TERM >>signals' TERM
echo $$ >started
i=0; while [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done`;

let folder = new FakeResticFolder();
beforeEach(() => {
  folder = new FakeResticFolder();
});
afterEach(() => {
  folder.remove();
  vi.unstubAllEnvs();
});

async function run(file: string, call: Partial<ResticCall> = {}, options: ProcessOptions = {}): Promise<ResticOutcome> {
  const restic = await openRestic(file, options);
  if (restic === null) throw new Error(`${file} is no restic`);
  const environment = { PATH: process.env["PATH"] ?? "" };
  return await restic.run({ arguments: ["snapshots"], environment, ...call });
}

/** Runs `file`, aborts once it has written `sign`, and gives how it ended. */
async function runAndAbort(file: string, sign: string, patience: number): Promise<ResticOutcome> {
  const stop = new AbortController();
  const running = run(file, { signal: stop.signal }, { patience });
  await folder.untilWritten(sign);
  stop.abort();
  return await running;
}

describe("openRestic()", () => {
  it("reads the text with which 0.14 answers", async () => {
    const file = folder.script("exit 0");
    const restic = await openRestic(file);
    expect(restic).toMatchObject({ path: file, version: { major: 0, minor: 14, patch: 0, text: "0.14.0" } });
  });

  it("reads the JSON with which 0.19 answers", async () => {
    const file = folder.script("exit 0", '{"message_type":"version","version":"0.19.1","go_version":"go1.26.4"}');
    expect((await openRestic(file))?.version.text).toBe("0.19.1");
  });

  it.each([
    ["says something else", "echo rustic 0.9.3"],
    ["says nothing", "exit 0"],
    ["says it on stderr only", "echo restic 0.14.0 compiled with go1 >&2"],
  ])("gives null for a program that %s", async (_, body) => {
    expect(await openRestic(folder.program("other", `#!/bin/sh\n${body}\n`))).toBeNull();
  });

  it("asks with nothing of our environment but PATH and HOME", async () => {
    vi.stubEnv("RESTIC_PASSWORD_COMMAND", "touch /tmp/pwned");
    vi.stubEnv("HOME", "/home/of-ours");
    const file = folder.program(
      "restic",
      `#!${process.execPath}\nrequire("fs").writeFileSync("${folder.path}/asked", JSON.stringify([process.argv.slice(2), process.env]));console.log("restic 0.14.0 compiled with go1");`,
    );
    await openRestic(file);
    const environment = { PATH: process.env["PATH"], HOME: "/home/of-ours" };
    expect(JSON.parse(folder.text("asked"))).toEqual([["version", "--json"], environment]);
  });

  it.each([
    ["is not there", () => path.join(folder.path, "nowhere"), /cannot be started \(ENOENT\)/],
    ["may not be executed", () => folder.program("restic", "#!/bin/sh\n", 0o644), /may not be executed/],
    ["is a folder", () => folder.path, /may not be executed/],
    ["would stand in a file", () => `${folder.program("file", "")}/restic`, /cannot be started \(ENOTDIR\)/],
  ])("fails with program-missing for a file that %s", async (_, fileOf, problem) => {
    const file = fileOf();
    await expect(openRestic(file)).rejects.toMatchObject({
      kind: "program-missing",
      subject: file,
      problem: expect.stringMatching(problem) as string,
      hint: expect.stringContaining("--restic") as string,
    });
  });
});

describe("run()", () => {
  it("gives restic exactly the environment of the call", async () => {
    vi.stubEnv("RESTIC_PASSWORD", "ours");
    const environment = { PATH: "/usr/bin", RESTIC_PASSWORD: "ünï code = $HOME\n'\"", AWS_SESSION_TOKEN: "" };
    const { stdout } = await run(folder.node("console.log(JSON.stringify(process.env))"), { environment });
    expect(JSON.parse(stdout.join("\n"))).toEqual(environment);
  });

  it("gives restic exactly the words of the call", async () => {
    const words = ["backup", "--tag=-v", "", "two words", "*", "$HOME", "a\nb", "--", "-r", 'quo"te\\'];
    const { stdout } = await run(folder.node("console.log(JSON.stringify(process.argv.slice(2)))"), {
      arguments: words,
    });
    expect(JSON.parse(stdout.join("\n"))).toEqual(words);
  });

  it("keeps stdout and stderr apart, line by line, the last one without a newline too", async () => {
    const file = folder.script("printf 'a\\r\\n\\nc'; printf 'x\\ny' >&2");
    expect(await run(file)).toEqual({ exitCode: 0, stdout: ["a", "", "c"], stderr: ["x", "y"] });
  });

  it("puts a character together that came in two pieces", async () => {
    const { stdout } = await run(folder.script("printf 'gr\\303'; sleep 0.2; printf '\\274n\\n'"));
    expect(stdout).toEqual(["grün"]);
  });

  it("hands lines out as they come and keeps none of them", async () => {
    const heard: string[] = [];
    const file = folder.script("echo first; while [ ! -e go ]; do sleep 0.05; done; echo second");
    const outcome = await run(file, {
      onStdoutLine: (line) => {
        heard.push(line);
        if (line === "first") folder.program("go", "now");
      },
    });
    expect(heard).toEqual(["first", "second"]);
    expect(outcome.stdout).toEqual([]);
  });

  it("keeps the last 200 lines of stderr and hands all of them out", async () => {
    const heard: string[] = [];
    const outcome = await run(folder.script("seq 1 450 >&2"), { onStderrLine: (line) => heard.push(line) });
    expect(heard).toHaveLength(450);
    expect(outcome.stderr).toEqual(Array.from({ length: 200 }, (_, index) => String(index + 251)));
  });

  it.each([0, 1, 2, 3, 10, 11, 12, 130, 255])("gives exit code %d as restic gave it", async (code) => {
    expect((await run(folder.script(`exit ${code}`))).exitCode).toBe(code);
  });

  it.each([
    ["KILL", 137],
    ["TERM", 143],
    ["INT", 130],
  ])("tells an end by SIG%s as 128 and the signal's number", async (name, code) => {
    expect((await run(folder.script(`kill -${name} $$; sleep 5`))).exitCode).toBe(code);
  });

  it("runs restic in a process group of its own, where a Ctrl-C at our terminal does not reach it", async () => {
    const { stdout } = await run(folder.script("echo $$; ps -o pgid= -p $$"));
    const [pid, group] = stdout.map((line) => line.trim());
    expect(group).toBe(pid);
  });

  it("gives restic nothing to read", async () => {
    expect((await run(folder.script("cat; echo end"))).stdout).toEqual(["end"]);
  });
});

describe("run() under a flood of 5 MB", () => {
  it("keeps every line in order", async () => {
    const { stdout } = await run(folder.script(flood));
    expect(stdout).toHaveLength(floodLines);
    expect(stdout.every((line, index) => Number(line) === index)).toBe(true);
  });

  it("drops no line on a slow listener, and lets restic come to its end", async () => {
    let heard = 0;
    const onStdoutLine = (line: string): void => {
      if (Number(line) === heard) heard++;
      const end = heard % 5000 === 0 ? performance.now() + 50 : 0;
      while (performance.now() < end);
    };
    expect((await run(folder.script(flood), { onStdoutLine })).exitCode).toBe(0);
    expect(heard).toBe(floodLines);
    expect(folder.text("ended")).toBe("yes");
  });

  it.each(["onStdoutLine", "onStderrLine"])("lets restic come to its end when %s throws, then fails", async (name) => {
    let calls = 0;
    const thrower = (): never => {
      calls++;
      throw new Error("a defect in the listener");
    };
    const file = folder.script(name === "onStdoutLine" ? flood : `{ ${flood}; } >&2`);
    await expect(run(file, { [name]: thrower })).rejects.toThrow("a defect in the listener");
    expect(folder.text("ended")).toBe("yes");
    expect(calls).toBe(1);
  });
});

describe("aborting run()", () => {
  it("starts nothing when it is aborted already", async () => {
    const file = folder.script("echo yes >started");
    const outcome = await run(file, { signal: AbortSignal.abort() });
    expect(outcome).toEqual({ exitCode: 130, stdout: [], stderr: [] });
    expect(folder.has("started")).toBe(false);
  });

  it("sends SIGINT, waits for what restic still does, and never sends SIGTERM", async () => {
    const slow = obedient.replace("exit 130", "sleep 0.3; echo last words; exit 130");
    const outcome = await runAndAbort(folder.script(slow), "started", 8000);
    expect(outcome).toMatchObject({ exitCode: 130, stdout: ["last words"] });
    expect(folder.text("signals")).toBe("INT");
  });

  it.each([
    ["1, with which 0.15 to 0.18 end", 1, 130],
    ["0, of a restic that was done anyway", 0, 0],
  ])("takes an end with %s for what it is", async (_, code, expected) => {
    const file = folder.script(obedient.replace("exit 130", `exit ${code}`));
    expect((await runAndAbort(file, "started", 8000)).exitCode).toBe(expected);
  });

  it("kills a restic that ignores SIGINT, with all it started, once patience is over", async () => {
    const deaf = `
trap '' INT
trap 'echo TERM >>signals' TERM
sleep 60 &
echo $! >grandchild
while :; do sleep 0.1; done`;
    const began = performance.now();
    const outcome = await runAndAbort(folder.script(deaf), "grandchild", 400);
    expect(outcome).toMatchObject({ exitCode: 130, wasKilled: true });
    expect(performance.now() - began).toBeGreaterThan(400);
    expect(folder.has("signals")).toBe(false);
    expect(await ends(Number(folder.text("grandchild")))).toBe(true);
  });

  it("kills what outlives an obedient restic and holds its pipes, once patience is over", async () => {
    const file = folder.script(`(trap '' INT; exec sleep 60) & echo $! >holder; ${obedient}`);
    const outcome = await runAndAbort(file, "started", 400);
    expect(outcome.exitCode).toBe(130);
    expect(await ends(Number(folder.text("holder")))).toBe(true);
  });

  it("reaches what restic started, too", async () => {
    const file = folder.script(`
sh -c 'trap "echo INT >>child; exit" INT; echo yes >child-started; while :; do sleep 0.1; done'
exit 130`);
    expect((await runAndAbort(file, "child-started", 8000)).exitCode).toBe(130);
    expect(folder.text("child")).toBe("INT");
  });

  it("leaves no listener behind", async () => {
    const { signal } = new AbortController();
    await run(folder.script("exit 0"), { signal });
    await run(folder.script("exit 0"), { signal, streams: "inherit" });
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(process.listeners("SIGINT").filter((listener) => listener.name === "onInterrupt")).toEqual([]);
  });
});
