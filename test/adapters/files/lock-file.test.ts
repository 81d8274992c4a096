import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStateFolder } from "../../../src/adapters/files/state-folder.ts";
import type { HeldLock, LockHolder, StateFolder } from "../../../src/base/state-folder.ts";
import { NewFolder } from "./new-folder.ts";

const source = path.resolve(import.meta.dirname, "../../../src/adapters/files/state-folder.ts");

let folder = new NewFolder();
let children: ChildProcess[] = [];
beforeEach(() => {
  folder = new NewFolder();
  children = [];
});
afterEach(async () => {
  for (const child of children) await killed(child);
  folder.remove();
});

const stateFolder = async (): Promise<StateFolder> => await openStateFolder(folder.of("state"));
const lockFile = (): string => folder.of("state", "locks", "plan");

async function held(lock: Promise<HeldLock | LockHolder>): Promise<HeldLock> {
  const taken = await lock;
  if (taken.kind === "taken") throw new Error(`process ${taken.pid} holds it`);
  return taken;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Another process that asks for the lock, tells what it got, and lives on until it is told to end. */
function other(program: string): { readonly child: ChildProcess; readonly lines: AsyncIterator<string> } {
  const text = `
    import { openStateFolder } from ${JSON.stringify(source)};
    const state = await openStateFolder(${JSON.stringify(folder.of("state"))});
    ${program}
    process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value } = (await lines.next()) as { readonly value: string };
  return value;
}

const asks = `console.log((await state.lock("locks/plan")).kind);`;

describe("StateFolder.lock()", () => {
  it("gives a lock to one, tells the next who holds it, and leaves nothing behind when it is released", async () => {
    const state = await stateFolder();
    const before = Date.now();
    const lock = await held(state.lock("locks/plan"));
    const next = await state.lock("locks/plan");
    expect(next).toMatchObject({ kind: "taken", pid: process.pid });
    expect(next.kind === "taken" && next.since >= before && next.since <= Date.now()).toBe(true);
    expect(folder.modeOf("state", "locks", "plan")).toBe("600");
    await lock.release();
    expect(await state.list("locks")).toEqual([]);
    await (await held(state.lock("locks/plan"))).release();
  });

  it("keeps locks of different names apart", async () => {
    const state = await stateFolder();
    await held(state.lock("locks/one"));
    await held(state.lock("locks/two"));
  });

  it("gives it to one of many that ask at once in one process", async () => {
    const state = await stateFolder();
    const answers = await Promise.all(Array.from({ length: 20 }, () => state.lock("locks/plan")));
    expect(answers.filter(({ kind }) => kind === "held")).toHaveLength(1);
    expect(await state.list("locks")).toEqual(["plan"]);
  });

  it("is held against another process while its holder lives, and taken over when that was killed", async () => {
    const state = await stateFolder();
    const { child, lines } = other(asks);
    expect(await nextLine(lines)).toBe("held");
    expect(await state.lock("locks/plan")).toMatchObject({ kind: "taken", pid: child.pid });
    await killed(child);
    await (await held(state.lock("locks/plan"))).release();
    expect(await state.list("locks")).toEqual([]);
  });

  it("goes to one of two processes that find a dead lock at once, every time", async () => {
    const state = await stateFolder();
    // Each waits for the word, so that both ask within the same moment, over and over with a dead lock in place.
    const racer = `
      import { createInterface } from "node:readline";
      console.log("ready");
      for await (const turn of createInterface({ input: process.stdin })) {
        const answer = await state.lock("locks/" + turn);
        console.log(answer.kind);
      }`;
    const racers = [other(racer), other(racer)];
    for (const { lines } of racers) expect(await nextLine(lines)).toBe("ready");
    mkdirSync(folder.of("state", "locks"), { mode: 0o700 });
    for (let turn = 0; turn < 60; turn++) {
      writeFileSync(folder.of("state", "locks", `${turn}`), `left by the dead ${turn}`);
      for (const { child } of racers) child.stdin?.write(`${turn}\n`);
      const answers = await Promise.all(racers.map(({ lines }) => nextLine(lines)));
      expect(answers.toSorted()).toEqual(["held", "taken"]);
    }
    expect(readdirSync(folder.of("state", "locks"))).toHaveLength(60);
    expect((await state.lock("locks/0")).kind).toBe("taken");
  });

  it.each<[string, (lock: Record<string, unknown>) => unknown]>([
    ["of a process that is no more", (lock) => ({ ...lock, pid: 2 ** 22 + 1 })],
    ["of a process whose pid another one has now", (lock) => ({ ...lock, started: "1" })],
    ["of before the machine was started again", (lock) => ({ ...lock, boot: "another-boot" })],
    ["that says nothing", () => ""],
    ["that is no lock of ours", () => ({ pid: "one" })],
  ])("takes over a lock %s", async (_, spoil) => {
    const state = await stateFolder();
    await held(state.lock("locks/plan"));
    const text = JSON.parse(readFileSync(lockFile(), "utf8")) as Record<string, unknown>;
    writeFileSync(lockFile(), JSON.stringify(spoil(text)));
    const lock = await held(state.lock("locks/plan"));
    expect(await state.lock("locks/plan")).toMatchObject({ kind: "taken", pid: process.pid });
    await lock.release();
    expect(await state.list("locks")).toEqual([]);
  });

  it("leaves a lock alone that another container holds, whose processes cannot be seen from here", async () => {
    const state = await stateFolder();
    await held(state.lock("locks/plan"));
    const text = JSON.parse(readFileSync(lockFile(), "utf8")) as Record<string, unknown>;
    writeFileSync(lockFile(), JSON.stringify({ ...text, pid: 2 ** 22 + 1, namespace: "pid:[1]" }));
    expect((await state.lock("locks/plan")).kind).toBe("taken");
  });

  it("takes over after a process that died while it took over", async () => {
    const state = await stateFolder();
    await state.replace("locks/plan", "dead");
    // The right to replace a dead lock is named after its text; here its owner is dead as well.
    const right = createHash("sha256").update("dead").digest("hex").slice(0, 16);
    await state.replace(`locks/plan.${right}`, "dead too");
    expect((await state.lock("locks/plan")).kind).toBe("held");
    expect(await state.list("locks")).toEqual(["plan"]);
  });

  it("does not take away a lock that somebody else took over", async () => {
    const state = await stateFolder();
    const lock = await held(state.lock("locks/plan"));
    const text = JSON.parse(readFileSync(lockFile(), "utf8")) as Record<string, unknown>;
    writeFileSync(lockFile(), JSON.stringify({ ...text, token: "another" }));
    await lock.release();
    expect((await state.lock("locks/plan")).kind).toBe("taken");
  });
});
