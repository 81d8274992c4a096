import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseSample, copySample, sampleWords } from "../../../src/cli/demo/sample-files.ts";
import { NewFolder } from "../../adapters/files/new-folder.ts";

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

const mebibyte = 1024 ** 2;

function write(name: string, bytes: number): void {
  writeFileSync(folder.of(name), "");
  truncateSync(folder.of(name), bytes);
}

describe("chooseSample()", () => {
  it("takes all of a small folder, whatever the size of a file", async () => {
    mkdirSync(folder.of("deeper"));
    write("large", 30 * mebibyte);
    write("deeper/small", 5);
    const sample = await chooseSample(folder.path);
    expect(sample).toMatchObject({ files: [folder.of("large"), folder.of("deeper/small")], found: 2, isCut: false });
    expect(sampleWords(sample)).toBe("2 files");
  });

  it("takes 400 files at most and says of how many", async () => {
    for (let index = 0; index < 401; index++) write(`file ${index}`, index);
    const sample = await chooseSample(folder.path);
    expect(sampleWords(sample)).toBe("400 of 401 files");
    expect(sample.files).not.toContain(folder.of("file 0"));
  });

  it("takes 40 MiB at most, the largest that fit", async () => {
    write("huge", 41 * mebibyte);
    for (const name of ["a", "b"]) write(name, 30 * mebibyte);
    write("c", 10 * mebibyte);
    const sample = await chooseSample(folder.path);
    expect(sample.files).toEqual([folder.of("a"), folder.of("c")]);
    expect(sampleWords(sample)).toBe("2 of 4 files");
  });

  it("finds files by itself where no folder is named", async () =>
    expect((await chooseSample(undefined)).files.length).toBeGreaterThan(100));

  it("fails where every file is too large, and says so", async () => {
    write("huge", 41 * mebibyte);
    await expect(chooseSample(folder.path)).rejects.toMatchObject({
      kind: "usage",
      problem: "each file in it is larger than the 40 MiB that a demo takes",
    });
  });
});

describe("copySample()", () => {
  it("makes copies that can be changed, of files that cannot", async () => {
    writeFileSync(folder.of("read-only"), "kept", { mode: 0o400 });
    await copySample(await chooseSample(folder.path), folder.of("copies"));
    expect(readFileSync(folder.of("copies/read-only"), "utf8")).toBe("kept");
    expect(statSync(folder.of("copies/read-only")).mode & 0o777).toBe(0o600);
  });
});
