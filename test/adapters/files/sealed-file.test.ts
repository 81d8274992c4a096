import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GzipFile } from "../../../src/adapters/files/sealed-file.ts";
import { openStateFolder } from "../../../src/adapters/files/state-folder.ts";
import type { StateFolder } from "../../../src/base/state-folder.ts";
import { NewFolder } from "./new-folder.ts";

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

const stateFolder = async (): Promise<StateFolder> => await openStateFolder(folder.of("state"));
const lines = Array.from({ length: 50_000 }, (_, index) => `{"row":${index},"text":"é€"}\n`);

describe("StateFolder.createSealed()", () => {
  it("writes a private gzip file and seals it with the hash of what stands on disk", async () => {
    const state = await stateFolder();
    const file = await state.createSealed("evidence/e.gz");
    for (const line of lines) await file.write(line);
    const seal = await file.seal();
    const bytes = readFileSync(file.path);
    expect(gunzipSync(bytes).toString() === lines.join("")).toBe(true);
    expect(seal).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(folder.modeOf("state", "evidence", "e.gz")).toBe("600");
    expect(file.path).toBe(state.pathOf("evidence/e.gz"));
    expect(await (await state.open("evidence/e.gz"))?.sha256()).toBe(seal);
  });

  it("keeps the order of what was written without waiting", async () => {
    const file = await (await stateFolder()).createSealed("e.gz");
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(index % 2 === 0 ? 300_000 : 10, "."));
    await Promise.all(texts.map((text) => file.write(text)));
    await file.seal();
    expect(gunzipSync(readFileSync(file.path)).toString() === texts.join("")).toBe(true);
  });

  it("seals a file without a word in it", async () => {
    const file = await (await stateFolder()).createSealed("e.gz");
    await file.seal();
    expect(gunzipSync(readFileSync(file.path)).toString()).toBe("");
  });

  it("refuses a file that is there, and leaves it as it was", async () => {
    const state = await stateFolder();
    await state.replace("e.gz", "of yesterday");
    await expect(state.createSealed("e.gz")).rejects.toMatchObject({
      kind: "state-unwritable",
      subject: state.pathOf("e.gz"),
      problem: "it is there already",
    });
    expect(await state.read("e.gz")).toBe("of yesterday");
  });

  it("leaves what was written of a file that is given up", async () => {
    const file = await (await stateFolder()).createSealed("e.gz");
    await file.write("seen until then\n");
    await file.abandon();
    expect(gunzipSync(readFileSync(file.path)).toString()).toBe("seen until then\n");
  });
});

describe.skipIf(!existsSync("/dev/full"))("GzipFile on a full disk", () => {
  const full = async (): Promise<GzipFile> => new GzipFile("/state/e.gz", await open("/dev/full", "w"));
  const diskFull = { kind: "state-unwritable", subject: "/state/e.gz", problem: "the disk is full" };

  it("says so when it is sealed", async () => {
    const file = await full();
    await file.write("held back");
    await expect(file.seal()).rejects.toMatchObject(diskFull);
  });

  it("says so to a writer that goes on, and never leaves it waiting", async () => {
    const file = await full();
    const random = createHash("shake256", { outputLength: 400_000 }).update("seed").digest("hex");
    const writing = (async () => {
      for (let turn = 0; turn < 20; turn++) await file.write(random);
    })();
    await expect(writing).rejects.toMatchObject(diskFull);
    await expect(file.seal()).rejects.toMatchObject(diskFull);
  });

  it("gives up without a failure of its own", async () => {
    const file = await full();
    await file.write("x".repeat(300_000));
    await expect(file.abandon()).resolves.toBeUndefined();
  });
});
