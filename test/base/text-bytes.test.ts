import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TextBytes } from "../../src/base/text-bytes.ts";

describe("TextBytes", () => {
  it("gives what was added as its UTF-8, texts and bytes alike, whatever room it began with", () => {
    const pieces = fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 30 });
    fc.assert(
      fc.property(pieces, fc.nat(100), (texts, size) => {
        const bytes = new TextBytes(size);
        for (const [index, text] of texts.entries()) bytes.add(index % 2 === 0 ? text : Buffer.from(text));
        expect(bytes.length).toBe(Buffer.byteLength(texts.join("")));
        expect(Buffer.from(bytes.take()).toString()).toBe(texts.join(""));
      }),
    );
  });

  it("begins anew once it was taken, and leaves what was taken as it is", () => {
    const bytes = new TextBytes(4);
    bytes.add("first");
    const first = bytes.take();
    expect(bytes.length).toBe(0);
    bytes.add("other");
    expect(Buffer.from(first).toString()).toBe("first");
    expect(Buffer.from(bytes.take()).toString()).toBe("other");
  });
});
