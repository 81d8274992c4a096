import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStateFolder } from "../../../src/adapters/files/state-folder.ts";
import type { ScratchFile } from "../../../src/base/state-folder.ts";
import { NewFolder } from "./new-folder.ts";

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

async function linesOf(file: ScratchFile): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const batch of file.lines()) all.push(...batch);
  return all;
}

describe("StateFolder.scratch()", () => {
  it("gives back what was written, again and again, with what came since", async () => {
    const file = await (await openStateFolder(folder.of("state"))).scratch();
    const lines = Array.from({ length: 60_000 }, (_, index) => `${index} é€😀`);
    for (const line of lines) await file.write(line);
    expect(await linesOf(file)).toEqual(lines);
    await file.write("one more");
    expect(await linesOf(file)).toEqual([...lines, "one more"]);
    await file.close();
  });

  it("gives no line where none was written, and an empty one where one was", async () => {
    const file = await (await openStateFolder(folder.of("state"))).scratch();
    expect(await linesOf(file)).toEqual([]);
    await file.write("");
    expect(await linesOf(file)).toEqual([""]);
    await file.close();
  });

  it("gives what stood there when the reading began, while more is written", async () => {
    const file = await (await openStateFolder(folder.of("state"))).scratch();
    const lines = Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(1000, "."));
    for (const line of lines) await file.write(line);
    const seen: string[] = [];
    for await (const batch of file.lines()) {
      seen.push(...batch);
      for (const line of batch) await file.write(`again ${line}`);
    }
    expect(seen).toEqual(lines);
    expect(await linesOf(file)).toEqual([...lines, ...lines.map((line) => `again ${line}`)]);
    await file.close();
  });

  it("leaves no name behind, not even while it is open", async () => {
    const state = await openStateFolder(folder.of("state"));
    const file = await state.scratch();
    await file.write("x".repeat(1_000_000));
    expect(await state.list(".")).toEqual([]);
    await file.close();
  });
});
