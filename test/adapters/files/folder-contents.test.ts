import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderContents } from "../../../src/adapters/files/folder-contents.ts";
import { NewFolder } from "./new-folder.ts";

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

describe("folderContents()", () => {
  it("counts files and bytes in every folder below, and follows no link", async () => {
    mkdirSync(folder.of("a/b"), { recursive: true });
    writeFileSync(folder.of("one"), "12345");
    writeFileSync(folder.of("a/b/two"), "ünï");
    writeFileSync(folder.of("a/empty"), "");
    symlinkSync(folder.of("one"), folder.of("a/link"));
    expect(await folderContents(folder.path)).toEqual({ files: 3, bytes: 10 });
  });

  it("finds nothing in a folder that is not there", async () =>
    expect(await folderContents(folder.of("nowhere"))).toEqual({ files: 0, bytes: 0 }));
});
