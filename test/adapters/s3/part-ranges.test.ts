import { describe, expect, it } from "vitest";
import { partsOf } from "../../../src/adapters/s3/part-ranges.ts";

const mebibyte = 1024 * 1024;

describe("partsOf()", () => {
  it.each([
    [10, 5, ["1: 0-4", "2: 5-9"]],
    [11, 5, ["1: 0-4", "2: 5-9", "3: 10-10"]],
    [4, 5, ["1: 0-3"]],
    [5, 5, ["1: 0-4"]],
  ])("takes %d bytes in parts of %d", (size, partSize, expected) =>
    expect(partsOf(size, partSize).map(({ number, from, to }) => `${number}: ${from}-${to}`)).toEqual(expected),
  );

  it.each([
    ["5 TiB in parts of 512 MiB", 5 * 1024 ** 4, 512 * mebibyte],
    ["5 TiB in parts of 5 MiB", 5 * 1024 ** 4, 5 * mebibyte],
    ["one byte more than 10,000 parts", 10_000 * 5 * mebibyte + 1, 5 * mebibyte],
  ])("never makes more than 10,000 parts, without gap or overlap: %s", (_, size, partSize) => {
    const parts = partsOf(size, partSize);
    expect(parts.length).toBeLessThanOrEqual(10_000);
    let next = 0;
    for (const [index, { number, from, to }] of parts.entries()) {
      expect([number, from]).toEqual([index + 1, next]);
      next = to + 1;
    }
    expect(next).toBe(size);
  });
});
