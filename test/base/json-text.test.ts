import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonText } from "../../src/base/json-text.ts";

describe("jsonText()", () => {
  it("is what JSON.stringify puts between the quotes, of any text, half characters too", () => {
    const anyUnits = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(fc.oneof(anyUnits, fc.string()), (text) => {
        expect(`"${jsonText(text)}"`).toBe(JSON.stringify(text));
      }),
    );
  });
});
