import { describe, expect, it } from "vitest";
import { PageBuffers } from "../../../src/adapters/s3/page-buffers.ts";

describe("PageBuffers", () => {
  it("gives out again what was given back, where it is large enough", () => {
    const buffers = new PageBuffers(2);
    const first = buffers.take(1000);
    buffers.giveBack(first);
    expect(buffers.take(2000).buffer).not.toBe(first.buffer);
    const again = buffers.take(900);
    expect(again.buffer).toBe(first.buffer);
    expect(again).toHaveLength(900);
  });

  it("keeps none that it did not give out: a short reply without a length shares its memory with others", () => {
    const buffers = new PageBuffers(2);
    const short = Buffer.concat([Buffer.from("a page "), Buffer.from("in chunks")]);
    expect(short.buffer.byteLength).toBeGreaterThan(short.length);
    buffers.giveBack(short);
    expect(buffers.take(short.length).buffer).not.toBe(short.buffer);
  });

  it("gives a buffer to one page at a time, be it given back twice", () => {
    const buffers = new PageBuffers(2);
    const page = buffers.take(100);
    buffers.giveBack(page);
    buffers.giveBack(page);
    expect(buffers.take(100).buffer).toBe(page.buffer);
    expect(buffers.take(100).buffer).not.toBe(page.buffer);
  });
});
