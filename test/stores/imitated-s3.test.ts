import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore, ReadableStore } from "../../src/store/versioned-store.ts";
import { ScriptedClock } from "../doubles/scripted-clock.ts";
import {
  accessDenied,
  droppedRequest,
  expiredToken,
  internalError,
  lostReply,
  slowDown,
  timeTooSkewed,
  type Fault,
} from "./fault.ts";
import { imitatedAccess, startImitatedS3, type ImitatedS3, type ImitatedS3Options } from "./imitated-s3.ts";
import { profileOf } from "./real-stores.ts";
import type { Operation } from "./s3-wire.ts";

const key = objectKey;
const bytes = (text: string): Uint8Array => Buffer.from(text);

interface Scene {
  readonly memory: MemoryStore;
  readonly server: ImitatedS3;
  readonly store: PurgingStore;
}

/** `a` overwritten, hidden and written again; `b` hidden; `c` plain. */
async function scene(options: ImitatedS3Options = {}, profile = "generic"): Promise<Scene> {
  const clock = new ScriptedClock();
  const memory = new MemoryStore(clock);
  const write = async (name: string, text: string | null): Promise<void> => {
    clock.pass(250);
    await (text === null ? memory.hide([key(name)]) : memory.put(key(name), bytes(text)));
  };
  for (const text of ["a1", "a2", null, "a3"]) await write("a", text);
  for (const text of ["b1", null]) await write("b", text);
  await write("c", "c1");
  const server = await startImitatedS3({ buckets: { backups: memory }, clock, ...options });
  onTestFinished(async () => await server.stop());
  return { memory, server, store: openS3Store(imitatedAccess(server, "backups", profileOf(profile))) };
}

async function rowsOf(store: ReadableStore): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions("")) rows.push(...page);
  return rows;
}

const shape = (rows: readonly HistoryRow[]): string =>
  rows.map((row) => `${row.key}${row.kind === "marker" ? "-" : row.size}`).join(" ");

async function pagesXml({ server }: Scene, query: string): Promise<string> {
  return await (await fetch(`${server.endpoint}/backups?versions&${query}`)).text();
}

/** What stands in the XML, in its order: `V` and `M`, and a bar after each page. */
async function kindsByPage(made: Scene): Promise<string> {
  let [kinds, markers] = ["", ""];
  for (;;) {
    const xml = await pagesXml(made, `max-keys=3${markers}`);
    kinds += [...xml.matchAll(/<(V|D)e(?:rsion|leteMarker)>/g)].map((match) => match[1]).join("");
    const next = /<NextKeyMarker>(.*)<\/NextKeyMarker><NextVersionIdMarker>(.*)<\/NextVersionIdMarker>/.exec(xml);
    if (next === null) return kinds;
    markers = `&key-marker=${next[1] ?? ""}&version-id-marker=${next[2] ?? ""}`;
    kinds += "|";
  }
}

describe("the habits of an imitated store", () => {
  it.each([
    ["as documented", {}, "VDV|VDV|V"],
    ["split", { order: "split" }, "VVD|VVD|V"],
    ["markers alone", { pages: "of one kind" }, "V|D|VV|D|VV"],
    ["fewer rows than asked for", { mostRows: 2 }, "VD|VV|DV|V"],
    ["rows again", { repeats: true }, "VDV|VVD|DVV"],
    ["oldest first", { order: "oldest first" }, "VVD|VVD|V"],
  ] as const)("are seen on the wire: %s", async (_, habits, kinds) => {
    expect(await kindsByPage(await scene({ habits }))).toBe(kinds);
  });

  it.each([
    ["in milliseconds", {}, "2026-11-20T03:00:00.250Z"],
    ["cut to the second", { dates: "whole seconds" }, "2026-11-20T03:00:00.000Z"],
    ["rounded up to the second", { dates: "seconds rounded up" }, "2026-11-20T03:00:01.000Z"],
  ] as const)("date versions %s", async (_, habits, date) => {
    const xml = await pagesXml(await scene({ habits }), "prefix=a");
    expect([...xml.matchAll(/<LastModified>(.*?)<\/LastModified>/g)].at(-1)?.[1]).toBe(date);
  });

  it("sets a null version last though it is the latest", async () => {
    const made = await scene({ habits: { nullLast: true } });
    made.memory.setVersioning("suspended");
    await made.memory.put(key("a"), bytes("null"));
    expect(shape((await rowsOf(made.store)).slice(0, 5))).toBe("a2 a- a2 a2 a4");
  });

  it.each([
    ["stacked", 2, 2],
    ["single", 1, 1],
    ["stacked in batches", 1, 2],
  ] as const)("put markers on hidden keys: %s", async (markers, alone, batched) => {
    const { store, memory, server } = await scene({ habits: { markers } });
    await fetch(`${server.endpoint}/backups/b`, { method: "DELETE" });
    const count = async (): Promise<number> =>
      (await rowsOf(memory)).filter((row) => row.key === "b" && row.kind === "marker").length;
    expect(await count()).toBe(alone);
    await store.hide([key("b")]);
    expect(await count()).toBe(alone + batched - 1);
  });

  it.each([
    ["a listing that repeats rows", { repeats: true }, /repeats version|stands still/],
    ["keys in no order", { order: "unsorted" }, /goes back/],
    ["a marker that does not move", { next: "stands still" }, /repeats version|stands still/],
    ["no marker to go on from", { next: "missing" }, /not from where/],
  ] as const)("that no store may have end a listing: %s", async (_, habits, problem) => {
    const { server } = await scene({ habits: { ...habits, mostRows: 2 } });
    const store = openS3Store(imitatedAccess(server, "backups"));
    await expect(rowsOf(store)).rejects.toMatchObject({
      kind: "store-misbehaves",
      problem: expect.stringMatching(problem) as string,
    });
  });

  it("bring split pages back to one history a key where the profile says so", async () => {
    const { store, memory } = await scene({ habits: { order: "split", mostRows: 3 } }, "versity");
    const byName = (rows: readonly HistoryRow[]): readonly string[] =>
      rows.map((row) => `${row.key} ${row.versionId}`).toSorted();
    const rows = await rowsOf(store);
    expect(byName(rows)).toEqual(byName(await rowsOf(memory)));
    expect(shape(rows)).toMatch(/^a.* b.* c1?2?$/);
  });
});

/** Befalls the first request of that kind, or all of them. */
function onceAt(operation: Operation, fault: Fault): NonNullable<ImitatedS3Options["faults"]> {
  let left = 1;
  return (request) => (request.operation === operation && left-- > 0 ? fault : null);
}

function alwaysAt(operation: Operation, fault: Fault): NonNullable<ImitatedS3Options["faults"]> {
  return (request) => (request.operation === operation ? fault : null);
}

describe("the faults of an imitated store", () => {
  it.each([
    ["a store that is busy once", slowDown],
    ["a store that fails once", internalError],
    ["a request that never arrives", droppedRequest],
    ["a reply that is lost", lostReply],
    ["a page that is cut on the way", { kind: "cut body", bytes: 300 }],
  ] as const)("let a listing come through after %s", async (_, fault) => {
    const { store, memory, server } = await scene({ faults: onceAt("ListObjectVersions", fault) });
    expect(shape(await rowsOf(store))).toBe(shape(await rowsOf(memory)));
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["store-denied", accessDenied],
    ["store-denied", expiredToken],
    ["clock-skewed", timeTooSkewed],
    ["store-misbehaves", { kind: "short document", bytes: 700 }],
    ["store-unreachable", droppedRequest],
  ] as const)("end a listing with %s", async (kind, fault) => {
    const { store } = await scene({ faults: alwaysAt("ListObjectVersions", fault) });
    await expect(rowsOf(store)).rejects.toMatchObject({ kind });
  });

  it.each([
    ["is done, its reply lost", lostReply, 4],
    ["is done, though the store says 500", { ...internalError, isDone: true }, 4],
    ["never arrives", droppedRequest, 3],
  ] as const)("a write that %s", async (_, fault, versions) => {
    const { store, memory } = await scene({ faults: onceAt("PutObject", fault) });
    await expect(store.put(key("a"), bytes("a4"))).rejects.toMatchObject({ kind: "store-unreachable" });
    const written = (await rowsOf(memory)).filter((row) => row.key === "a" && row.kind === "version");
    expect(written).toHaveLength(versions);
  });

  it("tell a copy that failed behind status 200, whether it was done or not", async () => {
    for (const isDone of [false, true]) {
      const fault: Fault = { kind: "error in the body", code: "InternalError", isDone };
      const { store, memory } = await scene({ faults: alwaysAt("CopyObject", fault) });
      const before = await rowsOf(memory);
      const old = before.findLast((row) => row.key === "a");
      if (old?.kind !== "version") throw new Error("nothing was put");
      await expect(store.copyForward(old)).rejects.toMatchObject({ kind: expect.stringMatching(/^store-/) as string });
      expect((await rowsOf(memory)).length - before.length).toBe(isDone ? 1 : 0);
    }
  });

  it("refuse single entries of a batch and do the others", async () => {
    const faults = alwaysAt("DeleteObjects", {
      kind: "refused entries",
      code: "AccessDenied",
      isRefused: (name) => name === "a",
    });
    const { store, memory } = await scene({ faults });
    const outcomes = await store.hide([key("a"), key("c")]);
    expect(outcomes.map(({ key: name, error }) => [name, error?.code ?? null])).toEqual([
      ["a", "AccessDenied"],
      ["c", null],
    ]);
    expect((await rowsOf(memory)).filter((row) => row.isLatest).map((row) => row.kind)).toEqual([
      "version",
      "marker",
      "marker",
    ]);
  });

  it.each([
    ["trickles", { kind: "trickle", bytes: 100_000, wait: 1 }, 1],
    ["is cut once", { kind: "cut body", bytes: 100_000 }, 2],
  ] as const)("give every byte of a body that %s", async (_, fault, requests) => {
    const large = Buffer.alloc(1_000_000, "holdfast");
    const { store, server } = await scene({ faults: onceAt("GetObject", fault) });
    await store.put(key("large"), large);
    const content = await store.read(key("large"), null);
    const parts: Uint8Array[] = [];
    if (content !== null) for await (const part of content.bytes) parts.push(part);
    expect(Buffer.concat(parts).equals(large)).toBe(true);
    expect(server.requests.filter(({ operation }) => operation === "GetObject")).toHaveLength(requests);
  });

  it("may look at who asks", async () => {
    const { store } = await scene({ faults: ({ accessKey }) => (accessKey?.endsWith("0001") ? accessDenied : null) });
    await expect(store.versioning()).rejects.toMatchObject({ kind: "store-denied" });
  });
});

describe("an imitated store", () => {
  it("dates a version that came in parts by the beginning or the end of its upload", async () => {
    for (const [uploadDate, waited] of [
      ["initiation", 0],
      ["completion", 60_000],
    ] as const) {
      const clock = new ScriptedClock();
      const memory = new MemoryStore(clock);
      const server = await startImitatedS3({ buckets: { backups: memory }, clock, habits: { uploadDate } });
      onTestFinished(async () => await server.stop());
      const begun = clock.now();
      const at = `${server.endpoint}/backups/data/a`;
      const created = await (await fetch(`${at}?uploads`, { method: "POST" })).text();
      const id = /<UploadId>(.*)<\/UploadId>/.exec(created)?.[1] ?? "";
      expect(await memory.openUploads("data/")).toMatchObject([{ key: "data/a", uploadId: id, initiated: begun }]);
      const part = await fetch(`${at}?partNumber=1&uploadId=${id}`, { method: "PUT", body: "evil" });
      clock.pass(60_000);
      const etag = part.headers.get("etag") ?? "";
      const parts = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
      await fetch(`${at}?uploadId=${id}`, { method: "POST", body: parts });
      expect(await rowsOf(memory)).toMatchObject([{ lastModified: instantFromMilliseconds(begun + waited), size: 4 }]);
      expect(await memory.openUploads("")).toEqual([]);
    }
  });

  it("works with what the SDK sends to AWS, and keeps the SHA-256 that came with an upload", async () => {
    const { server, memory } = await scene({}, "aws");
    const store = openS3Store({ ...imitatedAccess(server, "backups", profileOf("aws")), bucketLookup: "path" });
    await store.put(key("d"), bytes("d"));
    const outcomes = await store.hide([key("c")]);
    expect(outcomes).toMatchObject([{ key: "c", error: null }]);
    const headers = { "x-amz-checksum-sha256": "as it came" };
    await fetch(`${server.endpoint}/backups/e`, { method: "PUT", body: "e", headers });
    expect((await rowsOf(memory)).slice(-3)).toMatchObject([
      { kind: "version" },
      { key: "d" },
      { checksums: "SHA256" },
    ]);
    const told = await fetch(`${server.endpoint}/backups/e`, { headers: { "x-amz-checksum-mode": "ENABLED" } });
    expect(told.headers.get("x-amz-checksum-sha256")).toBe("P3m7e0NbBTIWUdrv03TNxoHcBvqmXjdOODN7iMoEbeo=");
  });
});
