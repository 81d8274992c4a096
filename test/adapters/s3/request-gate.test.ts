import { describe, expect, it } from "vitest";
import { openRequestGate, type RequestGate } from "../../../src/adapters/s3/request-gate.ts";

class SlowDown extends Error {}

const gateOf = (most: number): RequestGate =>
  openRequestGate({ most, isSlowDown: (error) => error instanceof SlowDown });

interface Request {
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
  readonly ended: Promise<string>;
}

/** Requests that end when the test says so, and how many of them have been let through. */
class Traffic {
  underWay = 0;
  mostAtOnce = 0;
  readonly begun: number[] = [];
  readonly #gate: RequestGate;

  constructor(gate: RequestGate) {
    this.#gate = gate;
  }

  send(name: number): Request {
    const end = Promise.withResolvers<undefined>();
    const ended = this.#gate
      .pass(async () => {
        this.begun.push(name);
        this.underWay += 1;
        this.mostAtOnce = Math.max(this.mostAtOnce, this.underWay);
        await end.promise.finally(() => (this.underWay -= 1));
      })
      .then(
        () => "done",
        (error: unknown) => String(error),
      );
    return { ended, succeed: () => end.resolve(undefined), fail: (error) => end.reject(error) };
  }

  sendMany(count: number): readonly Request[] {
    return Array.from({ length: count }, (_, name) => this.send(name));
  }
}

const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

/** One after the other, each to its end. */
async function succeed(gate: RequestGate, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await gate.pass(async () => await Promise.resolve());
}

async function slowDown(gate: RequestGate): Promise<void> {
  await expect(gate.pass(async () => await Promise.reject(new SlowDown()))).rejects.toThrow(SlowDown);
}

describe("a request gate", () => {
  it("lets through as many as it may and the others in the order in which they came", async () => {
    const traffic = new Traffic(gateOf(3));
    const requests = traffic.sendMany(7);
    await settled();
    expect(traffic.begun).toEqual([0, 1, 2]);
    requests[1]?.succeed();
    await settled();
    expect(traffic.begun).toEqual([0, 1, 2, 3]);
    for (const request of requests) request.succeed();
    expect(await Promise.all(requests.map(({ ended }) => ended))).toEqual(Array(7).fill("done"));
    expect(traffic.begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(traffic.mostAtOnce).toBe(3);
  });

  it("lets the next one through when one fails, and passes on how", async () => {
    const traffic = new Traffic(gateOf(1));
    const [first, second] = traffic.sendMany(2);
    await settled();
    first?.fail(new Error("cut"));
    expect(await first?.ended).toBe("Error: cut");
    await settled();
    expect(traffic.begun).toEqual([0, 1]);
    second?.succeed();
    expect(await second?.ended).toBe("done");
  });

  it("halves once for all requests that were under way together", async () => {
    const gate = gateOf(8);
    const traffic = new Traffic(gate);
    const requests = traffic.sendMany(12);
    await settled();
    for (const request of requests.slice(0, 8)) request.fail(new SlowDown());
    await Promise.all(requests.slice(0, 8).map(({ ended }) => ended));
    expect(gate.limit()).toBe(4);
    await settled();
    expect(traffic.underWay).toBe(4);
    requests[8]?.fail(new SlowDown());
    await requests[8]?.ended;
    expect(gate.limit()).toBe(2);
    for (const request of requests) request.succeed();
    await Promise.all(requests.map(({ ended }) => ended));
  });

  it("never falls below one, and takes no other failure for a wish to slow down", async () => {
    const gate = gateOf(4);
    await expect(gate.pass(async () => await Promise.reject(new Error("gone")))).rejects.toThrow("gone");
    expect(gate.limit()).toBe(4);
    for (let n = 0; n < 5; n++) await slowDown(gate);
    expect(gate.limit()).toBe(1);
    await succeed(gate, 1);
  });

  it("grows by one after as many successes as it lets through, and never past where it began", async () => {
    const gate = gateOf(4);
    await slowDown(gate);
    const limits = [];
    for (let n = 0; n < 12; n++) {
      limits.push(gate.limit());
      await succeed(gate, 1);
    }
    expect(limits).toEqual([2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]);
  });

  it("lets one through where it is told none", async () => {
    const gate = gateOf(0);
    await succeed(gate, 2);
    expect(gate.limit()).toBe(1);
  });
});
