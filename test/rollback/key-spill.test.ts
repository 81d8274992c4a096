import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys } from "../../src/history/key-history.ts";
import { inOrder } from "../../src/rollback/in-parallel.ts";
import { byKey, keyOfLine, KeySpill } from "../../src/rollback/key-spill.ts";
import { MemoryState } from "./memory-state.ts";

const lineOf = (key: string): string => `"key":${JSON.stringify(key)},"rest":"\\"x"}`;
const anyKey = fc.string({ minLength: 1, unit: "binary" });

describe("spills", () => {
  it("give back the lines of all of them in the order of their keys", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyKey, fc.nat({ max: 2 })), { maxLength: 40 }), async (entries) => {
        const keys = new Map(entries.map(([key, run]) => [key, run]));
        const sorted = [...keys].sort(([a], [b]) => compareKeys(a, b));
        const state = new MemoryState();
        const spills = [0, 1, 2].map(() => new KeySpill(state));
        for (const [key, run] of sorted) spills[run]?.add(lineOf(key));
        const lines = (await Array.fromAsync(byKey(spills))).flat();
        expect(lines).toEqual(sorted.map(([key]) => lineOf(key)));
        expect(lines.map(keyOfLine)).toEqual(sorted.map(([key]) => key));
      }),
    );
  });
});

describe("inOrder()", () => {
  async function* numbers(count: number): AsyncGenerator<number> {
    for (let n = 0; n < count; n++) yield await Promise.resolve(n);
  }

  it("gives results in the order of the items, whichever is ready first, and keeps to its limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 5 })), fc.integer({ min: 1, max: 4 }), async (turns, limit) => {
        let underWay = 0;
        let most = 0;
        const results = await Array.fromAsync(
          inOrder(numbers(turns.length), { limit }, async (n) => {
            most = Math.max(most, ++underWay);
            for (let turn = 0; turn < (turns[n] ?? 0); turn++) await Promise.resolve();
            underWay--;
            return n;
          }),
        );
        expect(results).toEqual(turns.map((_, n) => n));
        expect(most).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it("begins nothing after a failure, and settles when nothing is under way", async () => {
    const begun: number[] = [];
    let ended = 0;
    const work = async (n: number): Promise<number> => {
      begun.push(n);
      await new Promise((resolve) => setImmediate(resolve));
      ended++;
      if (n === 1) throw new Error("broken");
      return n;
    };
    await expect(Array.fromAsync(inOrder(numbers(100), { limit: 2 }, work))).rejects.toThrow("broken");
    expect(begun.length).toBeLessThan(10);
    expect(ended).toBe(begun.length);
  });

  it("stops with the reason of its signal", async () => {
    const controller = new AbortController();
    const work = async (n: number): Promise<number> => {
      if (n === 3) controller.abort(new Error("Ctrl-C"));
      return await Promise.resolve(n);
    };
    const { signal } = controller;
    await expect(Array.fromAsync(inOrder(numbers(100), { limit: 2, signal }, work))).rejects.toThrow("Ctrl-C");
  });
});
