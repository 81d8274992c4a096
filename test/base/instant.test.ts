import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endOfSecond, formatInstant, instantFromMilliseconds, parseInstant } from "../../src/base/instant.ts";

describe("parseInstant()", () => {
  it.each([
    ["2026-11-20T03:00:00Z", "2026-11-20T03:00:00Z"],
    ["2026-11-20t03:00:00z", "2026-11-20T03:00:00Z"],
    ["2026-11-20 03:00:00Z", "2026-11-20T03:00:00Z"],
    ["2026-11-20T03:00:00.5Z", "2026-11-20T03:00:00.500Z"],
    ["2026-11-20T03:00:00.999999999Z", "2026-11-20T03:00:00.999Z"],
    ["2026-11-20T03:00:00+01:00", "2026-11-20T02:00:00Z"],
    ["2026-11-20T03:00:00-05:30", "2026-11-20T08:30:00Z"],
  ])("reads %s", (text, expected) => {
    const instant = parseInstant(text);
    expect(instant === null ? null : formatInstant(instant)).toBe(expected);
  });

  it.each(["2026-11-20T03:00:00", "2026-11-20", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "yesterday", ""])(
    "refuses %s",
    (text) => expect(parseInstant(text)).toBeNull(),
  );

  it("reads back what formatInstant() wrote, for any millisecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (milliseconds) => {
        const instant = instantFromMilliseconds(milliseconds);
        return parseInstant(formatInstant(instant)) === instant;
      }),
    );
  });
});

describe("endOfSecond()", () => {
  it("keeps the second and ends it", () => {
    expect(endOfSecond(instantFromMilliseconds(1_000))).toBe(1_999);
    expect(endOfSecond(instantFromMilliseconds(1_999))).toBe(1_999);
  });
});
