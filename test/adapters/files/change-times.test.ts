import { symlinkSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changeTimes } from "../../../src/adapters/files/change-times.ts";
import { NewFolder } from "./new-folder.ts";

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

describe("changeTimes()", () => {
  it("tells a file that was written again from one that was left alone, and follows no link", async () => {
    const [one, two, link] = [folder.of("one"), folder.of("two"), folder.of("link")];
    writeFileSync(one, "1");
    writeFileSync(two, "2");
    symlinkSync(one, link);
    const before = await changeTimes([one, two, link]);
    await wait(20);
    writeFileSync(one, "1");
    const after = await changeTimes([one, two, link]);
    expect(after.get(one)).not.toBe(before.get(one));
    expect([after.get(two), after.get(link)]).toEqual([before.get(two), before.get(link)]);
  });

  it("leaves out what is not there", async () =>
    expect(await changeTimes([folder.of("nowhere"), folder.of("no/where")])).toEqual(new Map()));
});
