import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTextFile } from "../../../src/adapters/files/text-file.ts";
import { openStateFolder } from "../../../src/adapters/files/state-folder.ts";
import { NewFolder } from "./new-folder.ts";

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

async function textOf(file: string, from?: number): Promise<{ readonly text: string; readonly pieces: number }> {
  const opened = await openTextFile(file);
  let text = "";
  let pieces = 0;
  for await (const piece of opened?.text(from) ?? []) {
    text += piece;
    pieces++;
  }
  return { text, pieces };
}

/** Characters of one to four bytes, so that pieces of any even size end within one. */
const long = "aé€😀".repeat(150_000);

describe("openTextFile()", () => {
  it.each([
    ["plain.jsonl", (text: string) => Buffer.from(text)],
    ["small.jsonl.gz", (text: string) => gzipSync(text)],
  ])("gives the text of %s in pieces, with no character torn", async (name, bytes) => {
    writeFileSync(folder.of(name), bytes(long));
    const { text, pieces } = await textOf(folder.of(name));
    expect(text === long).toBe(true);
    expect(pieces).toBeGreaterThan(3);
  });

  it("begins at the byte it is told to", async () => {
    writeFileSync(folder.of("plan"), "é\nsecond\n");
    expect((await textOf(folder.of("plan"), 3)).text).toBe("second\n");
    expect((await textOf(folder.of("plan"), 10)).text).toBe("");
  });

  it.each(["plain", "packed.gz"])("gives the hash of %s as it stands on disk", async (name) => {
    const bytes = name.endsWith(".gz") ? gzipSync(long) : Buffer.from(long);
    writeFileSync(folder.of(name), bytes);
    expect(await (await openTextFile(folder.of(name)))?.sha256()).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
  });

  it("may be left before its end and read anew", async () => {
    writeFileSync(folder.of("packed.gz"), gzipSync(long));
    const file = await openTextFile(folder.of("packed.gz"));
    for await (const piece of file?.text() ?? []) if (piece !== "") break;
    expect((await textOf(folder.of("packed.gz"))).text === long).toBe(true);
  });

  it("is null where there is no file", async () => expect(await openTextFile(folder.of("none"))).toBeNull());

  it.each<[string, Buffer, string]>([
    ["cut", gzipSync(long).subarray(0, -20), "its compressed text is cut off"],
    ["not compressed", Buffer.from("plain text"), "its compressed text is damaged"],
    ["altered", altered(gzipSync(long)), "its compressed text is damaged"],
  ])("fails with damaged-file for a compressed file that is %s", async (_, bytes, problem) => {
    writeFileSync(folder.of("packed.gz"), bytes);
    await expect(textOf(folder.of("packed.gz"))).rejects.toMatchObject({
      kind: "damaged-file",
      subject: folder.of("packed.gz"),
      problem,
    });
  });

  it("fails with damaged-file for what cannot be read", async () => {
    mkdirSync(folder.of("folder"));
    await expect(textOf(folder.of("folder"))).rejects.toMatchObject({ kind: "damaged-file" });
  });
});

describe("StateFolder.open()", () => {
  it("takes a name of its own, or an absolute path anywhere", async () => {
    const state = await openStateFolder(folder.of("state"));
    await state.replace("plans/p", "ours");
    writeFileSync(folder.of("elsewhere"), "theirs");
    expect((await state.open("plans/p"))?.path).toBe(state.pathOf("plans/p"));
    expect((await state.open(folder.of("elsewhere")))?.path).toBe(folder.of("elsewhere"));
    expect(await state.open("plans/none")).toBeNull();
    await expect(state.open("../elsewhere")).rejects.toThrow(RangeError);
  });
});

/** The checksum at the end of a gzip file (RFC 1952, 2.3.1) no longer fits. */
function altered(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length - 8;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
