import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { readOnly } from "../../src/store/read-only-store.ts";

const clock = { now: () => instantFromMilliseconds(0), sleep: () => Promise.resolve() };

describe("readOnly()", () => {
  it("reads what the store holds", async () => {
    const memory = new MemoryStore(clock);
    await memory.put(objectKey("a"), Buffer.from("1"));
    const store = readOnly(memory);
    const seen: string[] = [];
    for await (const page of store.listVersions("")) seen.push(...page.map(({ key }) => `version ${key}`));
    for await (const { key } of store.listCurrent("")) seen.push(`current ${key}`);
    expect(seen).toEqual(["version a", "current a"]);
    expect((await store.read(objectKey("a"), null))?.size).toBe(1);
    expect([await store.versioning(), await store.readClock()]).toEqual(["enabled", { store: 0, ours: 0 }]);
  });

  it("has nothing that writes, whatever it is cast to", () => {
    expect(Object.keys(readOnly(new MemoryStore(clock))).toSorted()).toEqual([
      "listCurrent",
      "listVersions",
      "openUploads",
      "read",
      "readClock",
      "recordedSha256",
      "settings",
      "versioning",
    ]);
  });
});
