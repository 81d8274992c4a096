import { describe, expect, it } from "vitest";
import { copyInParts } from "../../../src/adapters/s3/copy-in-parts.ts";
import { errorReply, type WireReply } from "../../stores/scripted-s3.ts";
import { sampleVersion } from "./sample-version.ts";
import { copyScript, scriptedCopy, type Step } from "./scripted-copy.ts";
import { failureOf } from "./scripted-store.ts";

const bytes = "0123456789ab";
const version = sampleVersion("data/a b+", { size: bytes.length });
const partSize = 5;
const threeParts = ["copy part", "copy part", "copy part"];
const tagged: WireReply = {
  headers: { "content-length": bytes.length.toString(), "x-amz-tagging-count": "2" },
};
const tags =
  "<Tagging><TagSet><Tag><Key>k</Key><Value>v w</Value></Tag><Tag><Key>ü</Key><Value>+</Value></Tag></TagSet></Tagging>";

describe("copyInParts()", () => {
  it("copies each range of the version inside the store, in parts that it then names in order", async () => {
    const { access, request, requests, steps } = await scriptedCopy(copyScript(bytes), version);
    await copyInParts(access, { ...request, partSize });
    expect(steps()).toEqual(["head source", "read tags", "begin", ...threeParts, "complete", "head copy"]);
    const parts = requests.filter(({ headers }) => headers["x-amz-copy-source"] !== undefined);
    const told = parts.map(
      ({ query, headers }) => `${query.get("partNumber")} ${String(headers["x-amz-copy-source-range"])}`,
    );
    expect(told.toSorted()).toEqual(["1 bytes=0-4", "2 bytes=5-9", "3 bytes=10-11"]);
    for (const { path, query, headers } of parts) {
      expect(path).toBe("/backups/data/a%20b%2B");
      expect(query.get("uploadId")).toBe("u1");
      expect(headers["x-amz-copy-source"]).toBe("backups/data/a%20b%2B?versionId=v%2F1%2B");
    }
    const completed = requests.at(-2)?.body.toString() ?? "";
    expect([...completed.matchAll(/<PartNumber>(\d)</g)].map((match) => match[1])).toEqual(["1", "2", "3"]);
    expect([...completed.matchAll(/e\d/g)].map(([etag]) => etag)).toEqual(["e1", "e2", "e3"]);
    expect(requests.at(-1)?.query.get("versionId")).toBe("v2");
  });

  it("begins with the attributes, tags and storage class of the version", async () => {
    const kept = {
      "content-type": "application/x-pack",
      "content-language": "de",
      "content-encoding": "zstd",
      "content-disposition": "inline",
      "cache-control": "no-cache",
      expires: "Tue, 01 Jan 2030 00:00:00 GMT",
      "x-amz-meta-origin": "a host",
    };
    const script = copyScript(bytes, {
      "head source": () => ({ headers: { ...kept, "content-length": bytes.length.toString() } }),
      "read tags": () => ({ body: tags }),
      "head copy": () => tagged,
    });
    const glacial = { ...version, storageClass: "GLACIER_IR" };
    const { access, request, requests, steps } = await scriptedCopy(script, glacial);
    await copyInParts(access, { ...request, partSize });
    expect(requests[2]?.headers).toMatchObject({
      ...kept,
      "x-amz-storage-class": "GLACIER_IR",
      "x-amz-tagging": "k=v%20w&%C3%BC=%2B",
    });
    expect(steps().slice(-2)).toEqual(["complete", "head copy"]);
  });

  it("puts the tags again where the store has forgotten them by the end, on the version that it made", async () => {
    const script = copyScript(bytes, { "head source": () => tagged, "read tags": () => ({ body: tags }) });
    const { access, request, requests, steps } = await scriptedCopy(script, version);
    await copyInParts(access, { ...request, partSize });
    expect(steps().slice(-3)).toEqual(["complete", "head copy", "put tags"]);
    expect(requests.at(-1)?.query.get("versionId")).toBe("v2");
    expect(requests.at(-1)?.body.toString()).toContain("<Key>ü</Key><Value>+</Value>");
  });

  it("says that the bytes are copied where only the tags cannot be put", async () => {
    const script = copyScript(bytes, {
      "head source": () => tagged,
      "read tags": () => ({ body: tags }),
      "put tags": () => errorReply(403, "AccessDenied"),
    });
    const { access, request } = await scriptedCopy(script, version);
    const failure = await failureOf(copyInParts(access, { ...request, partSize }));
    expect(failure).toMatchObject({ kind: "store-denied", subject: "data/a b+" });
    expect(failure.problem).toMatch(/^its bytes are copied, its tags are not: /);
  });

  it.each<[string, WireReply]>([
    ["a key that may not read them", errorReply(403, "AccessDenied")],
    ["a store without tags", errorReply(501, "NotImplemented")],
    ["a version without", errorReply(404, "NoSuchTagSet")],
  ])("goes on without tags for %s, where the store tells of none", async (_, reply) => {
    const script = copyScript(bytes, { "read tags": () => reply });
    const { access, request, requests } = await scriptedCopy(script, version);
    await copyInParts(access, { ...request, partSize });
    expect(requests[2]?.headers["x-amz-tagging"]).toBeUndefined();
  });

  it("begins nothing where there are tags that it may not read", async () => {
    const script = copyScript(bytes, {
      "head source": () => tagged,
      "read tags": () => errorReply(403, "AccessDenied"),
    });
    const { access, request, steps } = await scriptedCopy(script, version);
    const failure = await failureOf(copyInParts(access, { ...request, partSize }));
    expect(failure).toMatchObject({ kind: "store-denied", subject: "data/a b+" });
    expect(steps()).toEqual(["head source", "read tags"]);
  });

  it("asks for no tags where the store says that there are none", async () => {
    const untagged = { headers: { "content-length": "12", "x-amz-tagging-count": "0" } };
    const script = copyScript(bytes, { "head source": () => untagged });
    const { access, request, steps } = await scriptedCopy(script, version);
    await copyInParts(access, { ...request, partSize });
    expect(steps()).not.toContain("read tags");
  });

  it("sends a part again that fails in passing, by itself", async () => {
    const script = copyScript(bytes, {
      "copy part": ({ query }, n) => (query.get("partNumber") === "2" && n < 4 ? errorReply(503, "SlowDown") : null),
    });
    const { access, request, clock, steps } = await scriptedCopy(script, version);
    await copyInParts(access, { ...request, partSize });
    expect(clock.sleeps).toEqual([500, 1000]);
    expect(steps().filter((step) => step === "copy part")).toHaveLength(5);
    expect(steps().filter((step) => step === "begin")).toHaveLength(1);
  });

  it("reads and sends each part where the store cannot copy one", async () => {
    const script = copyScript(bytes, { "copy part": () => errorReply(501, "NotImplemented") });
    const { access, request, requests, steps } = await scriptedCopy(script, version);
    await copyInParts(access, { ...request, partSize });
    const sent = requests.filter((_, index) => steps()[index] === "send part");
    const told = sent.map(({ query, body }) => `${query.get("partNumber")} ${body.toString()}`);
    expect(told.toSorted()).toEqual(["1 01234", "2 56789", "3 ab"]);
    expect(steps().slice(-2)).toEqual(["complete", "head copy"]);
  });

  it.each([
    ["of the profile's copy limit", { copyLimit: 100 * 1024 ** 2 }, 11],
    ["of 512 MiB where nothing is known", {}, 2],
    ["of 512 MiB where the limit is greater", { copyLimit: 5 * 1024 ** 3 }, 2],
  ])("takes parts %s", async (_, facts, count) => {
    const size = 1024 ** 3;
    const script = copyScript(bytes, { "head copy": () => ({ headers: { "content-length": size.toString() } }) });
    const { access, request, steps } = await scriptedCopy(script, { ...version, size }, facts);
    await copyInParts(access, request);
    expect(steps().filter((step) => step === "copy part")).toHaveLength(count);
  });
});

describe("a copyInParts() that fails", () => {
  const html: WireReply = { body: "<html><body>Log in</body></html>" };
  it.each<[string, Step, WireReply, string, boolean]>([
    ["a version that is gone", "head source", { status: 404 }, "store-misbehaves", false],
    ["a refusal of the source", "head source", { status: 403 }, "store-denied", false],
    ["a refusal to begin", "begin", errorReply(403, "AccessDenied"), "store-denied", false],
    ["a beginning without an id", "begin", { body: "<InitiateMultipartUploadResult/>" }, "store-misbehaves", false],
    ["a refused part", "copy part", errorReply(403, "AccessDenied"), "store-denied", true],
    ["a part whose source is gone", "copy part", errorReply(404, "NoSuchVersion"), "store-misbehaves", true],
    ["a part that is a 200 with a refusal inside", "copy part", errorReply(200, "AccessDenied"), "store-denied", true],
    ["a part that is a proxy's HTML", "copy part", html, "store-misbehaves", true],
    ["a part that always fails in passing", "copy part", errorReply(503, "SlowDown"), "store-unreachable", true],
    [
      "an end that is a 200 with an error inside",
      "complete",
      errorReply(200, "InternalError"),
      "store-unreachable",
      true,
    ],
    ["an end that is a 200 with a refusal inside", "complete", errorReply(200, "AccessDenied"), "store-denied", true],
    ["an end that is a proxy's HTML", "complete", html, "store-misbehaves", true],
    ["a copy that is shorter", "head copy", { headers: { "content-length": "5" } }, "store-misbehaves", false],
    ["a copy that is not there", "head copy", { status: 404 }, "store-misbehaves", false],
  ])("tells %s by the key's name, and leaves no upload open", async (_, step, reply, kind, isAborted) => {
    const { access, request, steps } = await scriptedCopy(copyScript(bytes, { [step]: () => reply }), version);
    const failure = await failureOf(copyInParts(access, { ...request, partSize }));
    expect(failure).toMatchObject({ kind, action: "copy forward", subject: "data/a b+" });
    expect(steps().includes("abort")).toBe(isAborted);
    expect(steps().at(-1)).toBe(isAborted ? "abort" : step);
  });

  it("tells the failure and not that of its abort", async () => {
    const script = copyScript(bytes, {
      "copy part": () => errorReply(403, "AccessDenied"),
      abort: () => errorReply(500, "InternalError"),
    });
    const { access, request } = await scriptedCopy(script, version);
    const failure = await failureOf(copyInParts(access, { ...request, partSize }));
    expect(failure).toMatchObject({ kind: "store-denied" });
  });
});
