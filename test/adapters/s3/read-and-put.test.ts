import { describe, expect, it } from "vitest";
import { readAndPut } from "../../../src/adapters/s3/read-and-put.ts";
import { errorReply, type WireReply } from "../../stores/scripted-s3.ts";
import { sampleVersion } from "./sample-version.ts";
import { copyScript, scriptedCopy, type Step } from "./scripted-copy.ts";
import { failureOf } from "./scripted-store.ts";

const bytes = "0123456789ab";
const version = sampleVersion("data/a b+", { size: bytes.length });

describe("readAndPut()", () => {
  it("puts what it reads with its attributes, its length known, and believes an ETag that is the MD5", async () => {
    const headers = { "content-type": "application/x-pack", "cache-control": "no-cache", "x-amz-meta-a": "1 2" };
    const tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    const script = copyScript(bytes, {
      read: () => ({ headers, body: bytes }),
      "read tags": () => ({ body: tags }),
    });
    const { access, request, requests, steps } = await scriptedCopy(script, { ...version, storageClass: "COLD" });
    await readAndPut(access, request);
    expect(steps()).toEqual(["read", "read tags", "put"]);
    expect(requests[0]?.query.get("versionId")).toBe("v/1+");
    expect(requests[2]?.body.toString()).toBe(bytes);
    expect(requests[2]?.headers).toMatchObject({
      ...headers,
      "content-length": "12",
      "x-amz-storage-class": "COLD",
      "x-amz-tagging": "k=v",
    });
  });

  it("puts an empty object", async () => {
    const { access, request, requests } = await scriptedCopy(copyScript(""), { ...version, size: 0 });
    await readAndPut(access, request);
    expect(requests.at(-1)).toMatchObject({ method: "PUT", headers: { "content-length": "0" } });
  });

  it("looks at the length of the copy where the ETag is something else", async () => {
    const script = copyScript(bytes, { put: () => ({ headers: { etag: '"opaque"', "x-amz-version-id": "v2" } }) });
    const { access, request, requests, steps } = await scriptedCopy(script, version);
    await readAndPut(access, request);
    expect(steps()).toEqual(["read", "read tags", "put", "head copy"]);
    expect(requests.at(-1)?.query.get("versionId")).toBe("v2");
  });

  it("sends in parts what is larger than one PUT may bring", async () => {
    const { access, request, requests, steps } = await scriptedCopy(copyScript(bytes), version);
    await readAndPut(access, { ...request, partSize: 5, mostInOnePut: 11 });
    expect(steps().toSorted()).toEqual(
      [
        "head source",
        "read tags",
        "begin",
        "complete",
        "head copy",
        ...Array<Step>(3).fill("read"),
        ...Array<Step>(3).fill("send part"),
      ].toSorted(),
    );
    const sent = requests.filter((_, index) => steps()[index] === "send part");
    expect(sent.map(({ query, body }) => `${query.get("partNumber")} ${body.toString()}`).toSorted()).toEqual([
      "1 01234",
      "2 56789",
      "3 ab",
    ]);
  });

  it("reads a part again that breaks off on the way, and sends it whole", async () => {
    const cut: WireReply = { headers: { "content-length": "5" }, body: "01", isCut: true };
    const script = copyScript(bytes, {
      read: ({ headers }, n) => (n < 2 && headers.range === "bytes=0-4" ? cut : null),
    });
    const { access, request, requests, steps } = await scriptedCopy(script, version);
    await readAndPut(access, { ...request, partSize: 5, mostInOnePut: 11 });
    const sent = requests.filter((_, index) => steps()[index] === "send part");
    expect(sent.map(({ body }) => body.toString()).toSorted()).toEqual(["01234", "56789", "ab"]);
  });
});

describe("a readAndPut() that fails", () => {
  const cut: WireReply = { headers: { "content-length": "12" }, body: "01234", isCut: true };
  it.each<[string, Step, WireReply, string, readonly Step[]]>([
    ["a version that is gone", "read", errorReply(404, "NoSuchVersion"), "store-misbehaves", ["read"]],
    ["a refusal to read", "read", errorReply(403, "AccessDenied"), "store-denied", ["read"]],
    ["bytes of another length", "read", { body: "0123" }, "store-misbehaves", ["read"]],
    ["bytes that break off", "read", cut, "store-unreachable", ["read", "read tags"]],
    ["a refusal to put", "put", errorReply(403, "AccessDenied"), "store-denied", ["read", "read tags", "put"]],
    ["a store that is busy", "put", errorReply(503, "SlowDown"), "store-unreachable", ["read", "read tags", "put"]],
  ])("tells %s by the key's name, and puts nothing whole", async (_, step, reply, kind, expected) => {
    const { access, request, steps } = await scriptedCopy(copyScript(bytes, { [step]: () => reply }), version);
    const failure = await failureOf(readAndPut(access, request));
    expect(failure).toMatchObject({ kind, action: "copy forward", subject: "data/a b+" });
    expect(steps()).toEqual(expected);
  });

  it("tells a copy that is shorter", async () => {
    const script = copyScript(bytes, {
      put: () => ({}),
      "head copy": () => ({ headers: { "content-length": "5" } }),
    });
    const { access, request } = await scriptedCopy(script, version);
    const failure = await failureOf(readAndPut(access, request));
    expect(failure).toMatchObject({
      kind: "store-misbehaves",
      problem: "the copy has 5 bytes where its source has 12",
    });
  });
});
