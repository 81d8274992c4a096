import { describe, expect, it } from "vitest";
import { openTrialDoor } from "../../../src/adapters/s3/trial-door.ts";
import type { S3Access } from "../../../src/adapters/s3/s3-client.ts";
import { openClock } from "../../../src/adapters/system-clock.ts";
import { objectKey, type ObjectKey } from "../../../src/base/object-key.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { TrialDoor, TrialRequest } from "../../../src/store/trial-door.ts";
import { locationAt, profileOf } from "../../stores/real-stores.ts";
import { errorReply, startScriptedS3, type Script, type WireRequest } from "../../stores/scripted-s3.ts";
import { failureOf } from "./scripted-store.ts";

const request: TrialRequest = {
  operation: "PutObject",
  method: "PUT",
  target: { kind: "object", key: objectKey("home/locks/a b") },
  query: { versionId: "v" },
  headers: { "x-minio-source-mtime": "2001-01-01T00:00:00Z" },
  body: new TextEncoder().encode("bytes"),
};

async function doorTo(
  script: Script,
): Promise<{ readonly door: TrialDoor; readonly requests: readonly WireRequest[] }> {
  const { endpoint, requests } = await startScriptedS3(script);
  return { door: openTrialDoor(accessAt(endpoint)), requests };
}

function accessAt(endpoint: string): S3Access {
  const credentials = {
    role: "writer",
    accessKey: "AKIA",
    secretKey: new Secret("secret"),
    sessionToken: null,
  } as const;
  const location = locationAt(endpoint, "backups/home");
  const lookup = { region: null, bucketLookup: "auto", caFile: null } as const;
  return { location, ...lookup, profile: profileOf("generic"), credentials, clock: openClock() };
}

describe("a trial door", () => {
  it("sends what it is given, signed, and gives the answer", async () => {
    const { door, requests } = await doorTo(() => ({ headers: { "x-amz-version-id": "new" }, body: "hello" }));
    expect(await door.send(request)).toMatchObject({
      status: 200,
      code: "",
      headers: { "x-amz-version-id": "new" },
      body: "hello",
    });
    const [sent] = requests;
    expect(sent?.path).toBe("/backups/home/locks/a%20b");
    expect(sent?.query.get("versionId")).toBe("v");
    expect(sent?.body.toString()).toBe("bytes");
    expect(sent?.headers["authorization"]).toContain("x-minio-source-mtime");
  });

  it.each([
    [403, "AccessDenied"],
    [400, "MalformedXML"],
    [404, "NoSuchKey"],
    [409, "BucketNotEmpty"],
    [405, "MethodNotAllowed"],
    [501, "NotImplemented"],
    [500, "InternalError"],
    [503, "SlowDown"],
    [403, "Whatever"],
  ])("gives the answer %i %s, and sends nothing twice", async (status, code) => {
    const { door, requests } = await doorTo(() => errorReply(status, code));
    expect(await door.send(request)).toMatchObject({ status, code, body: "in the store's words" });
    expect(requests).toHaveLength(1);
  });

  it("takes an error under status 200 for a failure of the store's", async () => {
    const { door } = await doorTo(() => ({ ...errorReply(200, "InternalError") }));
    expect(await door.send(request)).toMatchObject({ status: 500, code: "InternalError" });
  });

  it.each([
    [403, "InvalidAccessKeyId", "store-denied"],
    [403, "SignatureDoesNotMatch", "store-denied"],
    [400, "ExpiredToken", "store-denied"],
    [403, "RequestTimeTooSkewed", "clock-skewed"],
    [404, "NoSuchBucket", "no-repository"],
  ])("throws %i %s, which says nothing of the rights of the key", async (status, code, kind) => {
    const { door } = await doorTo(() => errorReply(status, code));
    expect(await failureOf(door.send(request))).toMatchObject({
      kind,
      subject: "home/locks/a b",
      action: "try PutObject on",
    });
  });

  it("reaches the store's own API beside the bucket, and reads the errors of MinIO's", async () => {
    const body = '{"Code":"XMinioAdminConfigBadJSON","Message":"in the store\'s words"}';
    const { door, requests } = await doorTo(() => ({ status: 400, body }));
    const target = { kind: "service", path: "minio/admin/v3/add-user" } as const;
    expect(await door.send({ ...request, target })).toMatchObject({ status: 400, code: "XMinioAdminConfigBadJSON" });
    expect(requests[0]?.path).toBe("/minio/admin/v3/add-user");
  });

  it("throws where nobody answers", async () => {
    const door = openTrialDoor(accessAt("http://127.0.0.1:1"));
    expect(await failureOf(door.send({ ...request, target: { kind: "bucket" } }))).toMatchObject({
      kind: "store-unreachable",
      subject: "backups/home",
    });
  });

  it("sends nothing for an empty key: that would be for the bucket", async () => {
    const { door, requests } = await doorTo(() => ({}));
    const empty = { kind: "object", key: "" as ObjectKey } as const;
    await expect(door.send({ ...request, method: "DELETE", target: empty })).rejects.toThrow(RangeError);
    expect(requests).toEqual([]);
  });
});
