import { describe, expect, it } from "vitest";
import { impatient } from "../../src/restic/impatient-program.ts";
import type { ResticCall, ResticOutcome, ResticProgram } from "../../src/restic/restic-program.ts";
import { release } from "./sample-access.ts";

const refused = "Stat(<config/>) returned error, retrying after 631.668085ms: Stat: The access key ID does not exist.";
const noAnswer = "Stat(<config/>) returned error, retrying after 1.1s: Stat: dial tcp: connect: connection refused";
const midway = "Save(<data/ab12>) returned error, retrying after 1.1s: Access Denied.";

/** A restic that says the lines, and ends with 130 when it is stopped, else with 0. */
function saying(lines: readonly string[]): ResticProgram {
  return {
    path: "restic",
    version: release("0.19.1"),
    run: (call: ResticCall): Promise<ResticOutcome> => {
      const said: string[] = [];
      for (const line of lines) {
        if (call.signal?.aborted === true) break;
        said.push(line);
        call.onStderrLine?.(line);
      }
      const isStopped = call.signal?.aborted === true;
      return Promise.resolve({
        exitCode: isStopped ? 130 : 0,
        stdout: [],
        stderr: [...said, ...(isStopped ? ["signal interrupt received, cleaning up"] : [])],
      });
    },
  };
}

const call: ResticCall = { arguments: [], environment: {} };

describe("impatient()", () => {
  it("stops a restic whose key the store refuses at once, and ends with what the store said", async () => {
    const told: string[] = [];
    const outcome = await impatient(saying([refused, refused])).run({
      ...call,
      onStderrLine: (line) => told.push(line),
    });
    expect(outcome).toEqual({ exitCode: 1, stdout: [], stderr: ["Stat: The access key ID does not exist."] });
    expect(told).toEqual([]);
  });

  it("waits three times for a store that does not answer", async () => {
    const told: string[] = [];
    const program = impatient(saying(Array.from({ length: 20 }, () => noAnswer)));
    const outcome = await program.run({ ...call, onStderrLine: (line) => told.push(line) });
    expect(outcome.exitCode).toBe(1);
    expect(told).toHaveLength(3);
    expect((await impatient(saying([noAnswer, noAnswer, noAnswer])).run(call)).exitCode).toBe(0);
  });

  it("leaves a restic that has begun to its own patience", async () => {
    expect((await impatient(saying([midway, midway, midway, midway, midway])).run(call)).exitCode).toBe(0);
  });

  it("lets an interruption by the user stand as one", async () => {
    const outcome = await impatient(saying([refused])).run({ ...call, signal: AbortSignal.abort() });
    expect(outcome.exitCode).toBe(130);
  });

  it("does not touch a run with inherited streams", async () => {
    expect((await impatient(saying([refused, refused])).run({ ...call, streams: "inherit" })).exitCode).toBe(0);
  });
});
