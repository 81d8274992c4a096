import { UploadPartCopyCommand } from "@aws-sdk/client-s3";
import { isUnsupported } from "./answer-kind.ts";
import type { CopyRequest } from "./copy-request.ts";
import { readAttributes } from "./object-attributes.ts";
import { sendPartRead } from "./read-and-put.ts";
import type { S3Access } from "./s3-client.ts";
import { uploadInParts, type UploadPart } from "./upload-in-parts.ts";

const usualPart = 512 * 1024 * 1024;

/**
 * Puts the bytes of a version on top of its key by copying it inside the store part by part, with its metadata, tags and
 * storage class: for what is larger than one CopyObject may move. A store without UploadPartCopy has each part read and
 * sent. Ends only when the store has the new version in its full length. Fails as `copyForward` of the port does; until its
 * last request the key reads as before.
 */
export async function copyInParts(access: S3Access, request: CopyRequest): Promise<void> {
  const { copyLimit } = access.profile;
  const limit = copyLimit.value === null || copyLimit.value === 0 ? usualPart : copyLimit.value;
  let canCopyParts = true;
  await uploadInParts(access, request, {
    attributes: await readAttributes(access, request),
    partSize: request.partSize ?? Math.min(usualPart, limit),
    sendPart: async (part) => {
      if (!canCopyParts) return await sendPartRead(access, request, part);
      try {
        return await copyPart(access, request, part);
      } catch (error) {
        if (!isUnsupported(error)) throw error;
        canCopyParts = false;
        return await sendPartRead(access, request, part);
      }
    },
  });
}

async function copyPart(access: S3Access, { client, version }: CopyRequest, part: UploadPart) {
  const { bucket } = access.location;
  const path = [bucket, ...version.key.split("/")].map(encodeURIComponent).join("/");
  const { CopyPartResult: copied } = await client.send(
    new UploadPartCopyCommand({
      Bucket: bucket,
      Key: version.key,
      UploadId: part.uploadId,
      PartNumber: part.number,
      CopySource: `${path}?versionId=${encodeURIComponent(version.versionId)}`,
      CopySourceRange: `bytes=${part.from}-${part.to}`,
    }),
  );
  return copied?.ETag;
}
