import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.ts";
import { objectKey } from "../../../src/base/object-key.ts";
import { versionId } from "../../../src/base/version-id.ts";
import type { ObjectContent } from "../../../src/store/versioned-store.ts";
import { errorReply, type WireReply, type WireRequest } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore } from "./scripted-store.ts";

const key = objectKey("data/ab");
const text = "0123456789";

function part(from: number, to: number, length = text.length - from): WireReply {
  const headers = { "content-length": length.toString(), "x-amz-version-id": "v1", etag: '"e"' };
  return { status: from === 0 ? 200 : 206, headers, body: text.slice(from, to), isCut: to - from < length };
}

function offsetOf({ headers }: WireRequest): number {
  return Number(/bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
}

async function textOf(content: ObjectContent | null): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const each of content?.bytes ?? []) parts.push(each);
  return Buffer.concat(parts).toString();
}

describe("read()", () => {
  it("takes a broken connection up again at the byte and the version it had come to, as often as it moves on", async () => {
    const { store, requests } = await scriptedStore((request) => part(offsetOf(request), offsetOf(request) + 2));
    expect(await textOf(await store.read(key, null))).toBe(text);
    expect(requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      "bytes=2-",
      "bytes=4-",
      "bytes=6-",
      "bytes=8-",
    ]);
    expect(requests.map(({ query }) => query.get("versionId"))).toEqual([null, "v1", "v1", "v1", "v1"]);
  });

  it("asks for the same ETag where the store gives no version id", async () => {
    const { store, requests } = await scriptedStore((request) => {
      const { headers = {}, ...reply } = part(offsetOf(request), offsetOf(request) + 5);
      return { ...reply, headers: { "content-length": headers["content-length"] ?? "", etag: '"e"' } };
    });
    const content = await store.read(key, null);
    expect(content?.versionId).toBeNull();
    expect(await textOf(content)).toBe(text);
    expect(requests[1]?.headers["if-match"]).toBe('"e"');
  });

  it("fails with `store-misbehaves` when the bytes stop at the same place every time", async () => {
    const { store, requests } = await scriptedStore((request) => {
      const from = offsetOf(request);
      return part(from, 4, text.length - from);
    });
    const content = await store.read(key, versionId("v1"));
    const failure = await failureOf(textOf(content));
    expect(failure).toMatchObject({ kind: "store-misbehaves", subject: "data/ab" });
    expect(failure.problem).toBe("only 4 of its 10 bytes come, every time");
    expect(requests.length).toBeLessThan(6);
  });

  it("fails as the store does when it cannot be asked for the rest", async () => {
    const { store } = await scriptedStore((_, n) => (n === 0 ? part(0, 4) : errorReply(403, "AccessDenied")));
    const failure = await failureOf(textOf(await store.read(key, null)));
    expect(failure).toMatchObject({ kind: "store-denied", subject: "data/ab" });
  });

  it("does not sew a whole object to a half", async () => {
    const { store } = await scriptedStore((_, n) => (n === 0 ? part(0, 4) : part(0, 10)));
    const failure = await failureOf(textOf(await store.read(key, null)));
    expect(failure).toMatchObject({ kind: "store-misbehaves", subject: "data/ab" });
    expect(failure.problem).toBe("it was asked for bytes 4 to 10 and sends 10");
  });

  it("refuses a body of no known length", async () => {
    const { store } = await scriptedStore(() => ({
      headers: { "transfer-encoding": "chunked" },
      body: text,
      isCut: true,
    }));
    expect(await failureOf(store.read(key, null))).toMatchObject({
      kind: "store-misbehaves",
      problem: "the reply has no body of a known length",
    });
  });

  it.each([
    ["a key that is not there", errorReply(404, "NoSuchKey"), null],
    ["a version that is not there", errorReply(404, "NoSuchVersion"), null],
    ["a marker by its id", errorReply(405, "MethodNotAllowed", { "x-amz-delete-marker": "true" }), null],
    ["a bucket that is not there", errorReply(404, "NoSuchBucket"), "no-repository"],
    ["a refusal", errorReply(403, "AccessDenied"), "store-denied"],
    ["archived bytes", errorReply(403, "InvalidObjectState"), "store-misbehaves"],
  ])("tells absence from failure: %s", async (_, reply, kind) => {
    const { store } = await scriptedStore(() => reply);
    const outcome = await store.read(key, versionId("v1")).catch((error: unknown) => error);
    expect(outcome instanceof Failure ? outcome.kind : outcome).toBe(kind);
  });
});
