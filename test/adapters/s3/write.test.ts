import { describe, expect, it } from "vitest";
import { instantFromMilliseconds } from "../../../src/base/instant.ts";
import { objectKey } from "../../../src/base/object-key.ts";
import { versionId } from "../../../src/base/version-id.ts";
import type { ObjectVersion } from "../../../src/store/object-version.ts";
import { errorReply, type Script, type WireReply, type WireRequest } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore, type ScriptedOptions } from "./scripted-store.ts";

const hostile = "data/a b+c%41ü?#&'";
const encoded = "data/a%20b%2Bc%2541%C3%BC%3F%23%26%27";

function version(name: string, more: Partial<ObjectVersion> = {}): ObjectVersion {
  const row = { key: objectKey(name), versionId: versionId("v/1+"), isLatest: false, owner: null, checksums: null };
  const date = instantFromMilliseconds(0);
  return { kind: "version", ...row, lastModified: date, size: 3, etag: "e", storageClass: "STANDARD", ...more };
}

const copied: WireReply = {
  body: "<CopyObjectResult><ETag>&quot;e&quot;</ETag><LastModified>2026-11-20T03:00:00.000Z</LastModified></CopyObjectResult>",
};

const checksumsOf = ({ headers }: WireRequest): readonly string[] =>
  Object.keys(headers).filter((name) => name.startsWith("x-amz-checksum-") || name === "x-amz-trailer");

describe("put()", () => {
  it("sends the bytes as they are, their length known, and tells the version id", async () => {
    const { store, requests } = await scriptedStore(() => ({ headers: { "x-amz-version-id": "v2", etag: '"e"' } }));
    expect(await store.put(objectKey(hostile), Buffer.from("abc"))).toEqual({ versionId: "v2" });
    const [request] = requests;
    expect(request).toMatchObject({ method: "PUT", path: `/backups/${encoded}` });
    expect(request?.body.toString()).toBe("abc");
    expect(request?.headers).toMatchObject({ "content-length": "3" });
    expect(request?.headers["transfer-encoding"]).toBeUndefined();
    expect(request?.headers["content-encoding"]).toBeUndefined();
  });

  it("sends an empty object", async () => {
    const { store, requests } = await scriptedStore(() => ({}));
    expect(await store.put(objectKey("a"), Buffer.from(""))).toEqual({ versionId: null });
    expect(requests[0]?.headers["content-length"]).toBe("0");
  });

  it("sends once: a server's error is for the retrying store to judge", async () => {
    const { store, requests } = await scriptedStore(() => errorReply(503, "SlowDown"));
    expect(await failureOf(store.put(objectKey("a"), Buffer.from("abc")))).toMatchObject({
      kind: "store-unreachable",
      subject: "a",
    });
    expect(requests).toHaveLength(1);
  });
});

describe("checksums", () => {
  it.each<[string, ScriptedOptions, readonly string[]]>([
    ["supported", { facts: { checksums: "supported" } }, ["x-amz-checksum-crc32"]],
    ["refused", { facts: { checksums: "refused" } }, []],
    ["unknown", {}, []],
  ])("%s: an upload carries the SDK's checksum accordingly", async (_, options, expected) => {
    const { store, requests } = await scriptedStore(() => ({}), options);
    await store.put(objectKey("a"), Buffer.from("abc"));
    expect(requests.flatMap(checksumsOf)).toEqual(expected);
    expect(requests[0]?.headers["content-encoding"]).toBeUndefined();
  });
});

describe("copyForward()", () => {
  it("names the source by its encoded key and version, and copies once", async () => {
    const { store, requests } = await scriptedStore(() => copied);
    await store.copyForward(version(hostile));
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: "PUT", path: `/backups/${encoded}` });
    const source = requests[0]?.headers["x-amz-copy-source"];
    const [path = "", id] = String(source).split("?versionId=");
    expect(decodeURIComponent(path)).toBe(`backups/${hostile}`);
    expect(path).not.toContain("+");
    expect(id).toBe("v%2F1%2B");
    expect(requests[0]?.headers["x-amz-storage-class"]).toBeUndefined();
  });

  it("keeps a storage class that is not the default", async () => {
    const { store, requests } = await scriptedStore(() => copied);
    await store.copyForward(version("a", { storageClass: "STANDARD_IA" }));
    expect(requests[0]?.headers["x-amz-storage-class"]).toBe("STANDARD_IA");
  });

  it.each([
    ["a 200 with an error inside", errorReply(200, "InternalError"), "store-unreachable"],
    ["a 200 with a refusal inside", errorReply(200, "AccessDenied"), "store-denied"],
    ["a 200 with nothing inside, as of a connection given up", {}, "store-unreachable"],
    ["a 200 with a proxy's HTML", { body: "<html><body>Log in</body></html>" }, "store-misbehaves"],
    ["a 200 whose XML is cut", { body: "<CopyObjectResult><ETag>&quot;e" }, "store-misbehaves"],
    ["a version that is gone", errorReply(404, "NoSuchVersion"), "store-misbehaves"],
  ])("takes %s for a failure", async (_, reply, kind) => {
    const { store } = await scriptedStore(() => reply);
    expect(await failureOf(store.copyForward(version("a")))).toMatchObject({ kind, subject: "a" });
  });
});

describe("copy-limit", () => {
  const md5 = "900150983cd24fb0d6963f7d28e17f72";
  const script: Script = ({ method, query, headers }) => {
    if (query.has("tagging")) return { body: "<Tagging><TagSet/></Tagging>" };
    if (query.has("uploads"))
      return { body: "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>" };
    if (method === "POST")
      return { body: "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>" };
    if (method === "PUT" && query.has("partNumber")) return { body: "<CopyPartResult><ETag>e</ETag></CopyPartResult>" };
    if (method === "PUT")
      return headers["x-amz-copy-source"] === undefined ? { headers: { etag: `"${md5}"` } } : copied;
    return {
      headers: { "x-amz-version-id": "v1", "content-length": "3" },
      ...(method === "GET" ? { body: "abc" } : {}),
    };
  };
  it.each<[string, ScriptedOptions, Partial<ObjectVersion>, string]>([
    ["unknown: copies inside the store", {}, {}, "one copy"],
    ["unknown: copies in parts what S3 itself does not copy at once", {}, { size: 6 * 1024 ** 3 }, "parts"],
    ["not passed: copies inside the store", { facts: { copyLimit: 3 } }, {}, "one copy"],
    ["passed: copies in parts", { facts: { copyLimit: 2 } }, {}, "parts"],
    ["0: reads and puts", { facts: { copyLimit: 0 } }, {}, "bytes"],
  ])("%s", async (_, options, more, expected) => {
    const { store, requests } = await scriptedStore(script, options);
    // The script tells of three bytes only.
    const failure = store.copyForward(version("a", more));
    await (more.size === undefined ? failure : expect(failure).rejects.toMatchObject({ kind: "store-misbehaves" }));
    expect(wayOf(requests)).toBe(expected);
  });

  it("0: keeps a storage class that is not the default", async () => {
    const { store, requests } = await scriptedStore(script, { facts: { copyLimit: 0 } });
    await store.copyForward(version("a", { storageClass: "STANDARD_IA" }));
    expect(requests.find(({ method }) => method === "PUT")?.headers["x-amz-storage-class"]).toBe("STANDARD_IA");
  });

  it("0: puts nothing when the version is gone", async () => {
    const { store, requests } = await scriptedStore(() => errorReply(404, "NoSuchVersion"), {
      facts: { copyLimit: 0 },
    });
    expect(await failureOf(store.copyForward(version("a")))).toMatchObject({ kind: "store-misbehaves", subject: "a" });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });
});

function wayOf(requests: readonly WireRequest[]): string {
  if (requests.some(({ query }) => query.has("uploads"))) return "parts";
  const isCopy = requests.some(({ headers }) => headers["x-amz-copy-source"] !== undefined);
  return isCopy && requests.length === 1 ? "one copy" : "bytes";
}

describe("versioning", () => {
  const says = (status: string) => (): WireReply => ({
    body: `<VersioningConfiguration>${status === "" ? "" : `<Status>${status}</Status>`}</VersioningConfiguration>`,
  });
  it.each<[string, ScriptedOptions, Script, string]>([
    ["unknown, and the store says Enabled", {}, says("Enabled"), "enabled"],
    ["unknown, and the store says Suspended", {}, says("Suspended"), "suspended"],
    ["unknown, and the store says nothing", {}, says(""), "off"],
    ["unknown, and the store answers 501", {}, () => errorReply(501, "NotImplemented"), "unsupported"],
    ["on-request, and the store says nothing", { facts: { versioning: "on-request" } }, says(""), "off"],
    ["always, and the store says nothing", { facts: { versioning: "always" } }, says(""), "enabled"],
    ["always, and the store says Suspended", { facts: { versioning: "always" } }, says("Suspended"), "suspended"],
    ["none, and the store says Enabled", { facts: { versioning: "none" } }, says("Enabled"), "unsupported"],
  ])("%s", async (_, options, script, expected) => {
    const { store, requests } = await scriptedStore(script, options);
    expect(await store.versioning()).toBe(expected);
    expect(requests).toHaveLength(options.facts?.versioning === "none" ? 0 : 1);
  });

  it("always: turns nothing on", async () => {
    const { store, requests } = await scriptedStore(says(""), { facts: { versioning: "always" } });
    await store.enableVersioning();
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });
});
