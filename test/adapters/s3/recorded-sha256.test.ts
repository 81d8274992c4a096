import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { errorReply, type WireReply } from "../../stores/scripted-s3.ts";
import { sampleVersion } from "./sample-version.ts";
import { failureOf, scriptedStore, type ScriptedOptions } from "./scripted-store.ts";

const hash = createHash("sha256").update("abc");
const hex = hash.copy().digest("hex");
const base64 = hash.digest("base64");
const vouches: ScriptedOptions = { facts: { recordedSha256: true } };
const kept = (checksum: string, type: string | null = "FULL_OBJECT"): WireReply => ({
  headers: { "x-amz-checksum-sha256": checksum, ...(type === null ? {} : { "x-amz-checksum-type": type }) },
});

describe("recordedSha256()", () => {
  it("asks for the checksum of that version, and gives it in hex", async () => {
    const { store, requests } = await scriptedStore(() => kept(base64), vouches);
    expect(await store.recordedSha256(sampleVersion("data/a b", { checksums: "CRC32 SHA256" }))).toBe(hex);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: "HEAD", path: "/backups/data/a%20b" });
    expect(requests[0]?.query.get("versionId")).toBe("v/1+");
    expect(requests[0]?.headers["x-amz-checksum-mode"]).toBe("ENABLED");
  });

  it.each<[string, ScriptedOptions, string | null]>([
    ["a profile that does not know", {}, "SHA256"],
    ["a profile that says no", { facts: { recordedSha256: false } }, "SHA256"],
    ["a version of which no checksum is kept", vouches, null],
    ["a version of which another is kept", vouches, "CRC64NVME"],
  ])("asks nothing and gives nothing for %s", async (_, options, checksums) => {
    const { store, requests } = await scriptedStore(() => kept(base64), options);
    expect(await store.recordedSha256(sampleVersion("a", { checksums }))).toBeNull();
    expect(requests).toEqual([]);
  });

  it.each<[string, WireReply]>([
    ["a checksum of parts", kept(`${base64}-3`, "COMPOSITE")],
    ["a checksum of parts that says it is whole", kept(`${base64}-3`)],
    ["a checksum that does not say of what it is", kept(base64, null)],
    ["one that is no SHA-256", kept("AAAA")],
    ["a reply without one", {}],
    ["a version that is gone", { status: 404 }],
    ["a marker", { status: 405 }],
    ["a version under a thief's encryption key", { status: 400 }],
  ])("gives nothing for %s", async (_, reply) => {
    const { store } = await scriptedStore(() => reply, vouches);
    expect(await store.recordedSha256(sampleVersion("a", { checksums: "SHA256" }))).toBeNull();
  });

  it("throws a refusal by the key's name", async () => {
    const { store } = await scriptedStore(() => errorReply(403, "AccessDenied"), vouches);
    const failure = await failureOf(store.recordedSha256(sampleVersion("a", { checksums: "SHA256" })));
    expect(failure).toMatchObject({ kind: "store-denied", subject: "a" });
  });
});
