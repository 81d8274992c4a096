import { DeleteObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { randomBytes, randomUUID } from "node:crypto";
import { displayLocation } from "../../base/repository-location.ts";
import { canaryFolder } from "../../restic/layout.ts";
import { isDenied } from "./answer-kind.ts";
import type { S3Access } from "./s3-client.ts";
import { codeOf, failureOfS3 } from "./s3-failure.ts";

interface LiftingRequest {
  readonly client: S3Client;
  readonly prefix: string;
}

/** What version ids look like: MinIO's and RustFS's, that of AWS, Ceph and SeaweedFS, and Versity's ULID. */
const madeUpIds: readonly (() => string)[] = [
  () => randomUUID(),
  () => randomBytes(16).toString("hex"),
  () => `01${randomBytes(12).toString("hex").toUpperCase()}`,
];

/**
 * Whether this key may delete versions under `prefix`: deletes a version that never was of an object that never was. A
 * store looks at the right first and then finds nothing to delete. An id of a form that the store does not take proves
 * nothing, so the next form is tried; where none is taken the store's answer is thrown.
 */
export async function tryLifting(access: S3Access, { client, prefix }: LiftingRequest): Promise<boolean> {
  const { location, credentials } = access;
  const key = `${prefix}${canaryFolder}${randomUUID()}`;
  let refusal: unknown;
  for (const madeUp of madeUpIds) {
    try {
      await client.send(new DeleteObjectCommand({ Bucket: location.bucket, Key: key, VersionId: madeUp() }));
      return true;
    } catch (error) {
      if (isDenied(error)) return false;
      if (codeOf(error) === "NoSuchVersion" || codeOf(error) === "NoSuchKey") return true;
      refusal = error;
      if (!isOfIdForm(error)) break;
    }
  }
  const context = {
    action: "try to lift a delete marker of",
    subject: displayLocation(location),
    location,
    credentials,
  };
  throw failureOfS3(refusal, context);
}

function isOfIdForm(error: unknown): boolean {
  return codeOf(error) === "InvalidArgument" || codeOf(error) === "InvalidVersionId";
}
