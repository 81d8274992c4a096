import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BufferedLineFile, openLineFile } from "../../../src/adapters/files/line-file.ts";
import { openStateFolder } from "../../../src/adapters/files/state-folder.ts";
import { unwritable } from "../../../src/adapters/files/unwritable.ts";
import { NewFolder } from "./new-folder.ts";

const source = path.resolve(import.meta.dirname, "../../../src/adapters/files/state-folder.ts");

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

describe("openStateFolder()", () => {
  it("makes a private folder, and private ones above it", async () => {
    await openStateFolder(folder.of("a", "b", "state"));
    expect([folder.modeOf("a"), folder.modeOf("a", "b"), folder.modeOf("a", "b", "state")]).toEqual([
      "700",
      "700",
      "700",
    ]);
  });

  it("takes a private folder that is there, with what it holds", async () => {
    mkdirSync(folder.of("state"), { mode: 0o700 });
    writeFileSync(folder.of("state", "plan"), "kept");
    expect(await (await openStateFolder(folder.of("state"))).read("plan")).toBe("kept");
  });

  it.each([0o755, 0o750, 0o710, 0o701, 0o707])("refuses a folder that is open to others: %o", async (mode) => {
    const state = folder.of("state");
    mkdirSync(state);
    chmodSync(state, mode);
    await expect(openStateFolder(state)).rejects.toMatchObject({
      kind: "state-unwritable",
      subject: state,
      problem: "others on this machine may read it",
      hint: `chmod 700 ${state}`,
    });
    expect(folder.modeOf("state")).toBe(mode.toString(8));
  });

  it.each([
    ["is a file", "file", "it is there already"],
    ["stands in a file", "file/state", "a part of the path is no folder"],
  ])("fails with state-unwritable where it %s", async (_, name, problem) => {
    writeFileSync(folder.of("file"), "");
    await expect(openStateFolder(folder.of(name))).rejects.toMatchObject({ kind: "state-unwritable", problem });
  });
});

describe("StateFolder", () => {
  it("gives absolute paths, also of a root with a slash at its end or without one at its start", async () => {
    const plan = folder.of("state", "plans", "p.jsonl");
    for (const root of [folder.of("state"), `${folder.of("state")}/`, path.relative(".", folder.of("state"))]) {
      expect((await openStateFolder(root)).pathOf("plans/p.jsonl")).toBe(plan);
    }
  });

  it.each(["..", "../other", "plans/../../other", "/etc/passwd", "../state-of-another"])(
    "never leaves its root for %j",
    async (name) => {
      const state = await openStateFolder(folder.of("state"));
      expect(() => state.pathOf(name)).toThrow(RangeError);
      await expect(state.read(name)).rejects.toThrow(RangeError);
      await expect(state.replace(name, "x")).rejects.toThrow(RangeError);
      await expect(state.create(name)).rejects.toThrow(RangeError);
    },
  );

  it("gives null for a file that is not there", async () =>
    expect(await (await openStateFolder(folder.of("state"))).read("plans/none")).toBeNull());

  it("fails with damaged-file for what cannot be read", async () => {
    const state = await openStateFolder(folder.of("state"));
    mkdirSync(folder.of("state", "plan"));
    await expect(state.read("plan")).rejects.toMatchObject({ kind: "damaged-file", subject: state.pathOf("plan") });
  });

  it("lists names in order, and nothing for a folder that is not there", async () => {
    const state = await openStateFolder(folder.of("state"));
    for (const name of ["c", "a", "b"]) await state.replace(`plans/${name}`, name);
    expect(await state.list("plans")).toEqual(["a", "b", "c"]);
    expect(await state.list("journals")).toEqual([]);
    await expect(state.list("plans/a")).rejects.toMatchObject({ kind: "state-unwritable" });
  });

  it("writes private files into private folders", async () => {
    const state = await openStateFolder(folder.of("state"));
    await state.replace("plans/p", "text");
    await (await state.create("journals/j")).close();
    await (await state.append("records/r")).close();
    const modes = ["plans", "plans/p", "journals", "journals/j", "records", "records/r"];
    expect(modes.map((name) => folder.modeOf("state", name))).toEqual(["700", "600", "700", "600", "700", "600"]);
  });

  it("writes into no folder that was opened to others since", async () => {
    const state = await openStateFolder(folder.of("state"));
    await state.replace("plans/p", "text");
    chmodSync(folder.of("state", "plans"), 0o755);
    await expect(state.replace("plans/p", "new")).rejects.toMatchObject({ kind: "state-unwritable" });
    expect(await state.read("plans/p")).toBe("text");
  });
});

describe("StateFolder.replace()", () => {
  it("replaces the whole text and leaves nothing else behind", async () => {
    const state = await openStateFolder(folder.of("state"));
    await state.replace("record", "a long first text");
    await state.replace("record", "short");
    expect(await state.read("record")).toBe("short");
    expect(await state.list(".")).toEqual(["record"]);
  });

  it("shows a reader the old text or the new one, never a part", async () => {
    const state = await openStateFolder(folder.of("state"));
    const texts = ["a", "b"].map((letter) => letter.repeat(2_000_000));
    await state.replace("record", texts[0] ?? "");
    const seen = new Set<string>();
    const writing = new AbortController();
    const reading = (async () => {
      while (!writing.signal.aborted) seen.add(await readFile(state.pathOf("record"), "utf8"));
    })();
    for (let turn = 1; turn <= 30; turn++) await state.replace("record", texts[turn % 2] ?? "");
    writing.abort();
    await reading;
    expect([...seen].filter((text) => !texts.includes(text)).map((text) => text.length)).toEqual([]);
    expect(seen.size).toBeGreaterThan(0);
  });

  it("keeps the old text, and no half of the new one, where there is no room", async () => {
    const state = await openStateFolder(folder.of("state"));
    await state.replace("record", "old");
    const program = `
      import { openStateFolder } from ${JSON.stringify(source)};
      const state = await openStateFolder(${JSON.stringify(folder.of("state"))});
      await state.replace("record", "x".repeat(100_000)).catch((failure) => console.log(failure.kind + ": " + failure.problem));`;
    // A limit on the size of files is the one shortage that needs no disk of its own. 8 blocks of 512 or 1024 bytes.
    const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"`;
    const { stdout } = spawnSync("sh", ["-c", limited, process.execPath, program], { encoding: "utf8" });
    expect(stdout.trim()).toBe("state-unwritable: the file may not grow any larger");
    expect(await state.read("record")).toBe("old");
    expect(readdirSync(folder.of("state"))).toEqual(["record"]);
  });

  it("leaves what stands in its place, and nothing half-written, where it cannot be put there", async () => {
    const state = await openStateFolder(folder.of("state"));
    mkdirSync(folder.of("state", "record"));
    await expect(state.replace("record", "new")).rejects.toMatchObject({
      kind: "state-unwritable",
      subject: folder.of("state", "record"),
    });
    expect(await state.list(".")).toEqual(["record"]);
  });
});

describe("StateFolder.create() and append()", () => {
  it("writes lines that are there after flush()", async () => {
    const state = await openStateFolder(folder.of("state"));
    const file = await state.create("journal");
    await file.write("one");
    await file.write("two");
    expect(await state.read("journal")).toBe("");
    await file.flush();
    expect(await state.read("journal")).toBe("one\ntwo\n");
    await file.write("three");
    await file.close();
    expect(await state.read("journal")).toBe("one\ntwo\nthree\n");
    expect(file.path).toBe(state.pathOf("journal"));
  });

  it("writes what fills the buffer without being asked", async () => {
    const state = await openStateFolder(folder.of("state"));
    const file = await state.create("journal");
    await file.write("x".repeat(64 * 1024));
    expect(await state.read("journal")).toHaveLength(64 * 1024 + 1);
    await file.close();
  });

  it("keeps the order of lines that were written without waiting", async () => {
    const state = await openStateFolder(folder.of("state"));
    const file = await state.create("journal");
    const lines = Array.from({ length: 400 }, (_, index) => `${index} `.padEnd(index % 2 === 0 ? 70_000 : 10, "."));
    await Promise.all(lines.flatMap((line) => [file.write(line), file.flush()]));
    await file.close();
    expect(await state.read("journal")).toBe(`${lines.join("\n")}\n`);
  });

  it("create() refuses a file that is there, and leaves it as it was", async () => {
    const state = await openStateFolder(folder.of("state"));
    await state.replace("evidence", "of yesterday");
    await expect(state.create("evidence")).rejects.toMatchObject({
      kind: "state-unwritable",
      subject: state.pathOf("evidence"),
      problem: "it is there already",
    });
    expect(await state.read("evidence")).toBe("of yesterday");
  });

  it("append() goes on after what is there", async () => {
    const state = await openStateFolder(folder.of("state"));
    for (const line of ["one", "two"]) {
      const file = await state.append("records");
      await file.write(line);
      await file.close();
    }
    expect(await state.read("records")).toBe("one\ntwo\n");
  });
});

describe("openLineFile()", () => {
  it("makes a private file", async () => {
    const file = await openLineFile(folder.of("plan.jsonl"));
    await file.write("one");
    await file.close();
    expect(folder.modeOf("plan.jsonl")).toBe("600");
    expect(readFileSync(folder.of("plan.jsonl"), "utf8")).toBe("one\n");
  });

  it.each([
    ["exists already", "there", "it is there already"],
    ["would stand in a file", "there/plan", "a part of the path is no folder"],
    ["would stand in a folder that is not there", "nowhere/plan", "the system says ENOENT"],
  ])("fails with state-unwritable where it %s", async (_, name, problem) => {
    writeFileSync(folder.of("there"), "kept");
    await expect(openLineFile(folder.of(name))).rejects.toMatchObject({ kind: "state-unwritable", problem });
    expect(readFileSync(folder.of("there"), "utf8")).toBe("kept");
  });
});

describe.skipIf(!existsSync("/dev/full"))("BufferedLineFile on a full disk", () => {
  const full = async (): Promise<BufferedLineFile> =>
    new BufferedLineFile("/state/journal", await open("/dev/full", "w"));
  const diskFull = {
    kind: "state-unwritable",
    subject: "/state/journal",
    problem: "the disk is full",
    hint: expect.stringContaining("--state-dir") as string,
  };

  it("says so when the lines are flushed", async () => {
    const file = await full();
    await file.write("held back");
    await expect(file.flush()).rejects.toMatchObject(diskFull);
    await expect(file.close()).rejects.toMatchObject(diskFull);
  });

  it("says so when the buffer is full", async () => {
    const file = await full();
    await expect(file.write("x".repeat(70_000))).rejects.toMatchObject(diskFull);
    await expect(file.close()).rejects.toMatchObject(diskFull);
  });

  it("says so when it is closed, for a writer that never flushed", async () => {
    const file = await full();
    await file.write("held back");
    await expect(file.close()).rejects.toMatchObject(diskFull);
  });

  it("closes the file all the same", async () => {
    const handle = await open("/dev/full", "w");
    const file = new BufferedLineFile("/state/journal", handle);
    await file.write("held back");
    await file.close().catch(() => undefined);
    expect(handle.fd).toBe(-1);
  });
});

describe("unwritable()", () => {
  it.each([
    ["ENOSPC", "the disk is full"],
    ["EDQUOT", "the quota is used up"],
    ["EACCES", "it is not ours to write"],
    ["EPERM", "it is not ours to write"],
    ["EROFS", "the file system is read-only"],
    ["EIO", "the system says EIO"],
  ])("tells %s in words", (code, problem) => {
    const cause = Object.assign(new Error(code), { code });
    expect(unwritable("/state/plan", cause)).toMatchObject({ kind: "state-unwritable", problem, cause });
  });
});
