import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { counting } from "../../src/store/counting-store.ts";

const clock = { now: () => instantFromMilliseconds(0), sleep: () => Promise.resolve() };

describe("counting()", () => {
  it("counts calls, what batches hold, and writes by the call, and passes everything through", async () => {
    const memory = new MemoryStore(clock);
    const store = counting(memory);
    const [a, b] = [objectKey("a"), objectKey("b")];
    await store.put(a, Buffer.from("1"));
    await store.put(b, Buffer.from("2"));
    await store.hide([a, b]);
    const rows = [];
    for await (const page of store.listVersions("")) rows.push(...page);
    for await (const row of store.listCurrent("")) expect(row).toBeUndefined();
    await store.liftMarkers(rows.filter((row) => row.kind === "marker"));
    for (const row of rows) if (row.kind === "version" && row.key === a) await store.copyForward(row);
    expect((await store.read(a, null))?.size).toBe(1);
    await store.destroyVersions(rows.filter((row) => row.key === b));
    await store.enableVersioning();
    expect([await store.versioning(), await store.readClock()]).toEqual(["enabled", { store: 0, ours: 0 }]);
    expect(store.counts()).toEqual({
      listings: 2,
      reads: 1,
      puts: 2,
      copies: 1,
      hidden: 2,
      lifted: 2,
      destroyed: 2,
      writes: 6,
    });
    expect(await memory.read(b, null)).toBeNull();
  });

  it("counts what fails too", async () => {
    const memory = new MemoryStore(clock);
    const store = counting(memory);
    await memory.put(objectKey("a"), Buffer.from("1"));
    const gone = [];
    for await (const page of memory.listVersions("")) gone.push(...page.filter((row) => row.kind === "version"));
    await memory.destroyVersions(gone);
    for (const version of gone) await expect(store.copyForward(version)).rejects.toThrow("not there any more");
    expect(store.counts()).toMatchObject({ copies: 1, writes: 1 });
  });

  it("gives counts that later calls do not change", async () => {
    const store = counting(new MemoryStore(clock));
    const before = store.counts();
    await store.put(objectKey("a"), Buffer.from("1"));
    expect(before.puts).toBe(0);
  });
});
