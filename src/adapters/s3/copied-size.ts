import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { isAbsentObject } from "./answer-kind.ts";
import { copyFailure, copyMisbehaves, type CopyRequest } from "./copy-request.ts";
import type { S3Access } from "./s3-client.ts";

interface CopiedObject {
  /** How many tags the store says it has; 0 where it does not say. */
  readonly tagCount: number;
}

/**
 * Makes sure that the copy is there and as long as its source. `made` is the version id that the store gave it; without
 * one it is what the key reads as now. Fails with `store-misbehaves` where it is not.
 */
export async function requireCopied(
  access: S3Access,
  { client, version }: CopyRequest,
  made: string | undefined,
): Promise<CopiedObject> {
  const { bucket: Bucket } = access.location;
  const input = { Bucket, Key: version.key, ...(made === undefined ? {} : { VersionId: made }) };
  const head = await client.send(new HeadObjectCommand(input)).catch((error: unknown) => {
    if (isAbsentObject(error)) throw copyMisbehaves(version, "the store says that it was copied and does not have it");
    throw copyFailure(access, version, error);
  });
  if (head.ContentLength !== version.size) {
    const held = head.ContentLength ?? "unknown";
    throw copyMisbehaves(version, `the copy has ${held} bytes where its source has ${version.size}`);
  }
  return { tagCount: head.TagCount ?? 0 };
}
