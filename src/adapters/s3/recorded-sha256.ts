import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectVersion } from "../../store/object-version.ts";
import type { S3Access } from "./s3-client.ts";
import { failureOfS3, statusOf } from "./s3-failure.ts";

interface RecordedRequest {
  readonly client: S3Client;
  readonly version: ObjectVersion;
}

/** The base64 of 32 bytes; a checksum of parts ends in `-3`, the number of them. */
const wholeSha256 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * The SHA-256 of a version as the store keeps it, in hex. Null where the profile does not say that the store computes it
 * from the bytes that it takes, where the listing names none, and where the store answers with another thing than one of
 * the whole object: then the bytes have to be read. Sends nothing but for a version that may have one.
 */
export async function readRecordedSha256(
  { profile, location, credentials }: S3Access,
  { client, version }: RecordedRequest,
): Promise<string | null> {
  const isKept = version.checksums?.split(/[\s,]+/).includes("SHA256") === true;
  if (profile.recordedSha256.value !== true || !isKept) return null;
  const command = new HeadObjectCommand({
    Bucket: location.bucket,
    Key: version.key,
    VersionId: version.versionId,
    ChecksumMode: "ENABLED",
  });
  try {
    const { ChecksumSHA256: sha256, ChecksumType: type } = await client.send(command);
    if (type !== "FULL_OBJECT" || sha256 === undefined || !wholeSha256.test(sha256)) return null;
    return Buffer.from(sha256, "base64").toString("hex");
  } catch (error) {
    // Gone, a marker, or encrypted with a key that somebody else holds: reading it tells which.
    if ([400, 404, 405].includes(statusOf(error) ?? 0)) return null;
    throw failureOfS3(error, { action: "read the checksum of", subject: version.key, location, credentials });
  }
}
