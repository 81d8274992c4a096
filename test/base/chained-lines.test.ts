import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChainWriter, parseChainedLines } from "../../src/base/chained-lines.ts";

const write = (lines: readonly Readonly<Record<string, unknown>>[]): string => {
  const chain = new ChainWriter();
  return lines.map((line) => `${chain.line(line)}\n`).join("");
};
const three = write([{ n: 1 }, { n: 2, key: 'a"},"chain":"x' }, {}]);

describe("parseChainedLines()", () => {
  it("reads back what ChainWriter wrote, whatever the lines hold", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(
            fc.string().filter((key) => key !== "chain" && key !== "__proto__"),
            fc.jsonValue(),
          ),
        ),
        (lines) => {
          const plain = JSON.parse(JSON.stringify(lines)) as Record<string, unknown>[];
          const verdict = parseChainedLines(write(plain));
          expect(verdict.kind).toBe("whole");
          expect(verdict.lines).toEqual(plain);
        },
      ),
    );
  });

  it("notices any single changed byte", () => {
    fc.assert(
      fc.property(fc.nat({ max: three.length - 1 }), fc.constantFrom("0", "x", "}", "\n"), (at, byte) => {
        const damaged = three.slice(0, at) + byte + three.slice(at + 1);
        return damaged === three || parseChainedLines(damaged).kind === "damaged";
      }),
    );
  });

  it("notices a missing line, a swapped line and a cut end", () => {
    const [a = "", b = "", c = ""] = three.split("\n");
    expect(parseChainedLines(`${a}\n${c}\n`)).toMatchObject({ kind: "damaged", at: 2 });
    expect(parseChainedLines(`${b}\n${a}\n${c}\n`)).toMatchObject({ kind: "damaged", at: 1 });
    expect(parseChainedLines(three.slice(0, -1))).toMatchObject({ kind: "damaged", at: 3 });
  });

  it("gives what stands before the damage", () => {
    expect(parseChainedLines(`${three}junk\n`).lines).toHaveLength(3);
  });
});
