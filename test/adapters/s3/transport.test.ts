import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openS3Store } from "../../../src/adapters/s3/s3-store.ts";
import { openClock } from "../../../src/adapters/system-clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Log } from "../../../src/base/log.ts";
import { instantFromMilliseconds } from "../../../src/base/instant.ts";
import { objectKey } from "../../../src/base/object-key.ts";
import { versionId } from "../../../src/base/version-id.ts";
import type { ObjectVersion } from "../../../src/store/object-version.ts";
import type { PurgingStore } from "../../../src/store/versioned-store.ts";
import { ScriptedClock } from "../../doubles/scripted-clock.ts";
import { errorReply, pageXml, versionXml, type Script, type WireReply } from "../../stores/scripted-s3.ts";
import { locationAt } from "../../stores/real-stores.ts";
import { failureOf, profileWith, scriptedStore, secretKey, sessionToken } from "./scripted-store.ts";

const key = objectKey("data/a");
const page: WireReply = { body: pageXml({ rows: [versionXml("data/a", "1")] }) };

const version: ObjectVersion = {
  kind: "version",
  key,
  versionId: versionId("v1"),
  isLatest: false,
  owner: null,
  checksums: null,
  lastModified: instantFromMilliseconds(0),
  size: 3,
  etag: "e",
  storageClass: null,
};

async function list(store: PurgingStore): Promise<number> {
  let rows = 0;
  for await (const each of store.listVersions("")) rows += each.length;
  return rows;
}

async function readAll(store: PurgingStore): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of (await store.read(key, null))?.bytes ?? []) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** What each goes by our own requests does, and what the SDK's clients do. */
const reads: readonly [string, WireReply, (store: PurgingStore) => Promise<unknown>][] = [
  ["a listing", page, list],
  ["the bytes of an object", { body: "abc" }, readAll],
  ["the versioning", { body: "<VersioningConfiguration/>" }, async (store) => await store.versioning()],
];
const writes: readonly [string, (store: PurgingStore) => Promise<unknown>][] = [
  ["a copy", async (store) => await store.copyForward(version)],
  ["a batch of deletes", async (store) => await store.hide([key])],
  ["a put", async (store) => await store.put(key, Buffer.from("a"))],
];

describe("a request that only reads", () => {
  it.each(reads)("is sent again where the store puts it off, after a wait that is told: %s", async (_, reply, ask) => {
    const clock = new ScriptedClock();
    const told: { readonly problem: string; readonly wait: number }[] = [];
    const script: Script = (_request, n) => (n < 3 ? errorReply(503, "SlowDown") : reply);
    const { store, requests } = await scriptedStore(script, { clock, onRetry: (what) => told.push(what) });
    await ask(store);
    expect(requests).toHaveLength(4);
    expect(told.map(({ wait }) => wait)).toEqual(clock.sleeps);
    expect(new Set(told.map(({ problem }) => problem))).toEqual(
      new Set(["the store asks to come back later (SlowDown)"]),
    );
    for (const [index, least] of [250, 500, 1000].entries()) {
      expect(clock.sleeps[index]).toBeGreaterThanOrEqual(least);
      expect(clock.sleeps[index]).toBeLessThanOrEqual(2 * least);
    }
  });

  it.each([
    ["a few seconds", "3", 3000],
    ["an hour, which is not waited for", "3600", null],
    ["a date", "Fri, 20 Nov 2026 03:00:00 GMT", null],
  ])("waits as long as the store says: %s", async (_, after, wait) => {
    const clock = new ScriptedClock();
    const script: Script = (_request, n) => (n === 0 ? errorReply(503, "SlowDown", { "retry-after": after }) : page);
    const { store } = await scriptedStore(script, { clock });
    await list(store);
    if (wait === null) expect(clock.sleeps[0]).toBeLessThanOrEqual(500);
    else expect(clock.sleeps).toEqual([wait]);
  });

  it.each([
    ["a refusal", errorReply(403, "AccessDenied")],
    ["what the store does not have", errorReply(501, "")],
    ["a bucket that is not there", errorReply(404, "NoSuchBucket")],
    ["a redirection", { status: 307, headers: { location: "http://127.0.0.1:1/" } }],
  ])("is not sent again for %s", async (_, reply) => {
    const { store, requests } = await scriptedStore(() => reply);
    await failureOf(list(store));
    expect(requests).toHaveLength(1);
  });
});

describe("a request that writes", () => {
  it.each(writes)("is sent once: %s", async (_, write) => {
    const { store, requests } = await scriptedStore(() => errorReply(503, "SlowDown"));
    expect(await failureOf(write(store))).toMatchObject({ kind: "store-unreachable" });
    expect(requests).toHaveLength(1);
  });

  it("says how long its body is where it has none", async () => {
    const { store, requests } = await scriptedStore(() => ({
      body: "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>",
    }));
    await store.copyForward(version);
    expect(requests[0]?.headers["content-length"]).toBe("0");
    expect(requests[0]?.headers["transfer-encoding"]).toBeUndefined();
  });
});

describe("a redirection", () => {
  it.each([
    ["with a code", errorReply(301, "PermanentRedirect", { location: "http://127.0.0.1:1/" })],
    ["to another place, of a proxy", { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "<html/>" }],
  ])("is told, not followed: %s", async (_, reply) => {
    const { store } = await scriptedStore(() => reply);
    const failure = await failureOf(list(store));
    expect(failure).toMatchObject({ kind: "store-misbehaves" });
    expect(failure.problem).toContain("another region or at another address");
  });
});

/** A server that takes a moment for each answer, and how many requests it has had at once. */
async function slowStore(
  connections: number,
): Promise<{ readonly store: PurgingStore; readonly mostAtOnce: () => number }> {
  let [underWay, most] = [0, 0];
  const server = createServer((request, response) => {
    most = Math.max(most, ++underWay);
    request.resume().on("end", () =>
      setTimeout(() => {
        underWay -= 1;
        const deleted = "<DeleteResult><Deleted><Key>data/a</Key></Deleted></DeleteResult>";
        response.end(request.method === "POST" ? deleted : "");
      }, 3),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const store = openS3Store({
    location: locationAt(`http://127.0.0.1:${port}`, "backups"),
    region: null,
    bucketLookup: "path",
    caFile: null,
    profile: profileWith({}),
    credentials: { role: "rescuer", accessKey: "a", secretKey: new Secret("s"), sessionToken: null },
    clock: openClock(),
    connections,
  });
  return { store, mostAtOnce: () => most };
}

describe("connections", () => {
  it.each([1, 3])("%i: no more requests are under way at once, whoever sends them", async (connections) => {
    const { store, mostAtOnce } = await slowStore(connections);
    const all = Array.from({ length: 24 }, async (_, n) => {
      if (n % 2 === 0) await store.put(key, Buffer.from("a"));
      else await store.hide([key]);
    });
    await Promise.all(all);
    expect(mostAtOnce()).toBe(connections);
  });

  it("1: what is being read can be written", async () => {
    const { store } = await scriptedStore(({ method }) => (method === "GET" ? { body: "abc" } : {}), {
      connections: 1,
    });
    const content = await store.read(key, null);
    await store.put(objectKey("data/b"), Buffer.from("b"));
    const parts: Uint8Array[] = [];
    for await (const part of content?.bytes ?? []) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe("abc");
  });
});

describe("the log", () => {
  it("is told the name, the key and the status of each request and nothing else", async () => {
    const lines: Readonly<Record<string, unknown>>[] = [];
    const log: Log = { debug: (_, fields) => lines.push(fields) };
    const script: Script = ({ method }, n) => {
      if (n === 0) return page;
      return method === "POST" ? errorReply(403, "AccessDenied") : { body: "abc" };
    };
    const { store } = await scriptedStore(script, { log });
    await list(store);
    await readAll(store);
    await store.put(key, Buffer.from("a"));
    await failureOf(store.hide([key]));
    expect(lines).toEqual([
      { commandName: "ListObjectVersions", key: "", status: 200 },
      { commandName: "GetObject", key: "data/a", status: 200 },
      { commandName: "PutObject", key: "data/a", status: 200 },
      { commandName: "DeleteObjects", key: undefined, status: 403, error: "AccessDenied" },
    ]);
    for (const secret of [secretKey, sessionToken]) expect(JSON.stringify(lines)).not.toContain(secret);
  });
});
