import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { cutAt, startCuttingProxy, type Choose, type CuttingProxy, type Verdict } from "./cutting-proxy.ts";
import { openTestStore, realStores, s3Access, type RunningStore } from "./real-stores.ts";
import type { Operation } from "./s3-wire.ts";

describe.each(realStores())("a cutting proxy before a real $name", (real) => {
  let running: RunningStore | undefined;
  beforeAll(async () => {
    if (real.isHere) running = await real.start();
  });
  afterAll(async () => await running?.stop());

  interface Scene {
    /** The same bucket, straight and through the proxy. */
    readonly straight: PurgingStore;
    readonly through: PurgingStore;
    readonly proxy: CuttingProxy;
  }

  /** `a` overwritten, `b` hidden. */
  async function scene(choose: Choose): Promise<Scene> {
    if (running === undefined) throw new Error("the store does not run");
    const local = running.store;
    const place = `hf-${randomUUID()}`;
    const straight = await openTestStore(local, place);
    for (const text of ["1", "2"]) await straight.put(objectKey("a"), Buffer.from(text));
    await straight.put(objectKey("b"), Buffer.from("b"));
    await straight.hide([objectKey("b")]);
    const proxy = await startCuttingProxy(local.endpoint, choose);
    onTestFinished(async () => await proxy.stop());
    const through = openS3Store(s3Access({ ...local, endpoint: proxy.endpoint }, local.owner, place));
    return { straight, through, proxy };
  }

  const at = (operation: Operation, verdict: Verdict): Choose =>
    cutAt((request) => request.operation === operation, verdict);

  it.skipIf(!real.isHere)("lets everything else through as it is", async () => {
    const { straight, through, proxy } = await scene(() => ({ kind: "pass" }));
    expect(await rowsOf(through)).toEqual(await rowsOf(straight));
    await through.put(objectKey("c/ä b+"), Buffer.from("c"));
    expect((await rowsOf(straight)).at(-1)).toMatchObject({ key: "c/ä b+", size: 1 });
    expect(proxy.passages.map(({ status }) => status)).toEqual([200, 200]);
  });

  const writes: readonly (readonly [
    Operation,
    (store: PurgingStore, rows: readonly HistoryRow[]) => Promise<unknown>,
  ])[] = [
    ["PutObject", async (store) => await store.put(objectKey("a"), Buffer.from("3"))],
    [
      "CopyObject",
      async (store, rows) => await Promise.all(rows.slice(1, 2).map(async (row) => await copied(store, row))),
    ],
    ["DeleteObjects", async (store) => await store.hide([objectKey("a")])],
  ];
  it.skipIf(!real.isHere).each(writes)("can lose the reply to %s, or the request", async (operation, write) => {
    for (const kind of ["drop", "cut"] as const) {
      const { straight, through, proxy } = await scene(at(operation, { kind }));
      const before = await rowsOf(straight);
      await expect(write(through, before)).rejects.toMatchObject({ kind: "store-unreachable" });
      expect((await rowsOf(straight)).length - before.length).toBe(kind === "cut" ? 1 : 0);
      expect(proxy.passages).toMatchObject([{ verdict: kind, status: kind === "cut" ? 200 : null }]);
    }
  });

  it.skipIf(!real.isHere)("lets a test act between what the store did and the cut", async () => {
    const seen: unknown[] = [];
    const first = async (status: number): Promise<void> => {
      seen.push(status, (await rowsOf(bucket)).length);
    };
    const { straight: bucket, through } = await scene(at("PutObject", { kind: "cut", first }));
    await expect(through.put(objectKey("a"), Buffer.from("3"))).rejects.toMatchObject({ kind: "store-unreachable" });
    expect(seen).toEqual([200, 5]);
  });
});

async function copied(store: PurgingStore, row: HistoryRow): Promise<void> {
  if (row.kind === "version") await store.copyForward(row);
}

async function rowsOf(store: PurgingStore): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions("")) rows.push(...page);
  return rows;
}
