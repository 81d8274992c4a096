import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatInstant, instantFromMilliseconds, parseInstant } from "../../src/base/instant.ts";
import { InstantText } from "../../src/history/instant-text.ts";

describe("InstantText", () => {
  const latest = Date.parse("9999-12-31T23:59:59.999Z");

  it("writes as formatInstant() does, and reads it back", () => {
    const texts = new InstantText();
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000_000, max: latest }), (milliseconds) => {
        const instant = instantFromMilliseconds(milliseconds);
        expect(texts.format(instant)).toBe(formatInstant(instant));
        expect(texts.parse(formatInstant(instant))).toBe(instant);
      }),
    );
  });

  it.each([
    "2026-11-20T03:04:05Z",
    "2026-11-20T03:04:05.6Z",
    "2026-11-20T03:04:05.678Z",
    "2026-11-20T03:04:05.678901Z",
    "2026-11-20T03:04:05.6789Z",
    "2026-11-20T03:04:05+01:00",
    "2026-11-20t03:04:05z",
    "2026-02-30T00:00:00Z",
    "2026-11-20T24:00:00Z",
    "2026-11-20T03:60:00Z",
    "2026-11-20T03:04:60Z",
    "2026-11-20T03:04:0 Z",
    "2026-11-20T03:04:05.67 Z",
    "2026-11-20T03:04:05",
    "+2026-11-2T03:04:05Z",
    "yesterday",
    "",
  ])("reads %j as parseInstant() does", (text) => expect(new InstantText().parse(text)).toBe(parseInstant(text)));
});
