import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { withExclusiveAccess } from "../../src/restic/exclusive-access.ts";
import type { ResticCall, ResticOutcome, ResticProgram } from "../../src/restic/restic-program.ts";
import { openSession, type ResticSession } from "../../src/restic/restic-session.ts";
import { release, sampleAccess } from "./sample-access.ts";

const done: ResticOutcome = { exitCode: 0, stdout: [], stderr: [] };
const lockedBy014: ResticOutcome = {
  exitCode: 1,
  stdout: [],
  stderr: ["unable to create lock in backend: repository is already locked by PID 10912 on vm by root (UID 0, GID 0)"],
};
const denied: ResticOutcome = { exitCode: 1, stdout: [], stderr: ["Fatal: client.PutObject: Access Denied."] };

/** A restic that answers from a list, the last answer for ever, and remembers how it was called. */
class ScriptedRestic implements ResticProgram {
  readonly path = "/usr/bin/restic";
  readonly version;
  readonly calls: ResticCall[] = [];
  readonly #outcomes: readonly ResticOutcome[];

  constructor(version: string, ...outcomes: readonly ResticOutcome[]) {
    this.version = release(version);
    this.#outcomes = outcomes;
  }

  run(call: ResticCall): Promise<ResticOutcome> {
    this.calls.push(call);
    return Promise.resolve(this.#outcomes[this.calls.length - 1] ?? this.#outcomes.at(-1) ?? done);
  }

  /** The words of each call, `unlock` first. */
  get words(): readonly string[] {
    return this.calls.map((call) => call.arguments.join(" "));
  }
}

/** A clock that moves only when somebody sleeps, or when `duration` says how long each restic takes. */
class ScriptedClock implements Clock {
  readonly sleeps: number[] = [];
  #now = Date.parse("2026-11-20T03:00:00Z");

  now() {
    return instantFromMilliseconds(this.#now);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    this.sleeps.push(milliseconds);
    this.#now += milliseconds;
    return Promise.resolve();
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

function sessionOf(program: ResticProgram): ResticSession {
  return openSession(program, sampleAccess({ bucketLookup: "path" }), { variables: {}, cacheFolder: null });
}

const prune = (session: ResticSession) => (lock: readonly string[]) =>
  session.program.run({ arguments: ["prune", ...lock], environment: session.environment });

describe("withExclusiveAccess()", () => {
  it("removes stale locks first, and only stale ones", async () => {
    const restic = new ScriptedRestic("0.19.1", done);
    const session = sessionOf(restic);
    await withExclusiveAccess(session, { clock: new ScriptedClock(), patience: 0 }, prune(session));
    expect(restic.words).toEqual(["unlock -o s3.bucket-lookup=path", "prune"]);
    expect(restic.calls[0]?.environment).toEqual(session.environment);
  });

  it("hands the abort signal to unlock", async () => {
    const restic = new ScriptedRestic("0.19.1", done);
    const session = sessionOf(restic);
    const { signal } = new AbortController();
    await withExclusiveAccess(session, { clock: new ScriptedClock(), patience: 0, signal }, prune(session));
    expect(restic.calls[0]?.signal).toBe(signal);
  });

  it("runs nothing when the stale locks cannot be removed", async () => {
    const restic = new ScriptedRestic("0.14.0", denied);
    const session = sessionOf(restic);
    const attempt = withExclusiveAccess(session, { clock: new ScriptedClock(), patience: 60_000 }, prune(session));
    await expect(attempt).rejects.toMatchObject({
      kind: "store-denied",
      action: "remove the stale locks of",
      subject: "home",
    });
    expect(restic.calls).toHaveLength(1);
  });

  it.each(["0.16.0", "0.19.1"])("leaves the waiting to restic %s, which has --retry-lock", async (version) => {
    const locked: ResticOutcome = { ...lockedBy014, exitCode: 11 };
    const restic = new ScriptedRestic(version, done, locked);
    const clock = new ScriptedClock();
    const session = sessionOf(restic);
    expect(await withExclusiveAccess(session, { clock, patience: 90_000 }, prune(session))).toBe(locked);
    expect(restic.words.slice(1)).toEqual(["prune --retry-lock=90s"]);
    expect(clock.sleeps).toEqual([]);
  });

  it("waits by itself on 0.14, longer each time, until the lock is gone", async () => {
    const restic = new ScriptedRestic("0.14.0", done, lockedBy014, lockedBy014, lockedBy014, done);
    const clock = new ScriptedClock();
    const told: number[] = [];
    const session = sessionOf(restic);
    const access = { clock, patience: 60_000, onWait: (milliseconds: number) => told.push(milliseconds) };
    expect(await withExclusiveAccess(session, access, prune(session))).toBe(done);
    expect(restic.words.slice(1)).toEqual(["prune", "prune", "prune", "prune"]);
    expect(clock.sleeps).toEqual([1000, 2000, 4000]);
    expect(told).toEqual([1000, 2000, 4000]);
  });

  it("gives up on 0.14 when patience is over, with a last attempt at its very end", async () => {
    const restic = new ScriptedRestic("0.15.2", done, lockedBy014);
    const clock = new ScriptedClock();
    const session = sessionOf(restic);
    expect(await withExclusiveAccess(session, { clock, patience: 50_000 }, prune(session))).toBe(lockedBy014);
    expect(clock.sleeps).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 5000]);
    expect(restic.calls).toHaveLength(1 + clock.sleeps.length + 1);
  });

  it("counts the time that restic itself takes", async () => {
    const restic = new ScriptedRestic("0.14.0", done, lockedBy014);
    const clock = new ScriptedClock();
    const session = sessionOf(restic);
    const outcome = await withExclusiveAccess(session, { clock, patience: 10_000 }, (lock) => {
      clock.pass(6000);
      return prune(session)(lock);
    });
    expect(outcome).toBe(lockedBy014);
    expect(clock.sleeps).toEqual([1000]);
  });

  it("does not wait on 0.14 without patience", async () => {
    const restic = new ScriptedRestic("0.14.0", done, lockedBy014);
    const clock = new ScriptedClock();
    const session = sessionOf(restic);
    expect(await withExclusiveAccess(session, { clock, patience: 0 }, prune(session))).toBe(lockedBy014);
    expect(restic.words.slice(1)).toEqual(["prune"]);
    expect(clock.sleeps).toEqual([]);
  });

  it("does not wait on 0.14 for a failure that no waiting mends", async () => {
    const restic = new ScriptedRestic("0.14.0", done, denied);
    const clock = new ScriptedClock();
    const session = sessionOf(restic);
    expect(await withExclusiveAccess(session, { clock, patience: 60_000 }, prune(session))).toBe(denied);
    expect(clock.sleeps).toEqual([]);
  });

  it("ends the waiting with the reason of the abort", async () => {
    const restic = new ScriptedRestic("0.14.0", done, lockedBy014);
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    const session = sessionOf(restic);
    const access = {
      clock: new ScriptedClock(),
      patience: 60_000,
      signal: stop.signal,
      onWait: () => {
        if (restic.calls.length === 3) stop.abort(reason);
      },
    };
    await expect(withExclusiveAccess(session, access, prune(session))).rejects.toBe(reason);
    expect(restic.words.slice(1)).toEqual(["prune", "prune"]);
  });
});
