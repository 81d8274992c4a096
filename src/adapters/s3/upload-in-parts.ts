import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { Failure } from "../../base/failure.ts";
import { requireCopied } from "./copied-size.ts";
import { copyFailure, copyMisbehaves, type CopyRequest } from "./copy-request.ts";
import { taggingOf, type ObjectAttributes } from "./object-attributes.ts";
import { partsOf, type PartRange } from "./part-ranges.ts";
import type { S3Access } from "./s3-client.ts";

export interface UploadPart extends PartRange {
  readonly uploadId: string;
}

interface PartedUpload {
  readonly attributes: ObjectAttributes;
  readonly partSize: number;
  /** Sends one part and gives its ETag. May be asked for the same part again: the later one counts. */
  readonly sendPart: (part: UploadPart) => Promise<string | undefined>;
}

/** How many parts are under way at once. */
const partsAtOnce = 4;
/** The waits before a part is sent again, in milliseconds. */
const waits = [500, 1000, 2000] as const;

/**
 * Puts a version on top of its key in parts that `sendPart` sends. Until the last request nothing of it can be seen but an
 * open upload; on a failure that is aborted, as far as the store lets itself be reached, and the failure thrown. A part
 * that fails in passing is sent again by itself.
 */
export async function uploadInParts(access: S3Access, request: CopyRequest, upload: PartedUpload): Promise<void> {
  const { client, version } = request;
  const target = { Bucket: access.location.bucket, Key: version.key };
  const { described } = upload.attributes;
  const tagging = taggingOf(upload.attributes);
  try {
    const create = new CreateMultipartUploadCommand({
      ...target,
      ...described,
      ...(tagging === undefined ? {} : { Tagging: tagging }),
    });
    const { UploadId: uploadId } = await client.send(create);
    if (uploadId === undefined) throw copyMisbehaves(version, "the reply does not say which upload was begun");
    const made = await sendAll(access, { request, upload, uploadId }).catch(async (error: unknown) => {
      const abort = new AbortMultipartUploadCommand({ ...target, UploadId: uploadId });
      await client.send(abort).catch(() => undefined);
      throw error;
    });
    const { tagCount } = await requireCopied(access, request, made);
    if (tagCount !== upload.attributes.tags.length) await putTags(access, { request, upload, made });
  } catch (error) {
    throw copyFailure(access, version, error);
  }
}

interface Sending {
  readonly request: CopyRequest;
  readonly upload: PartedUpload;
  readonly uploadId: string;
}

/** Gives the id of the version that it makes; undefined where the store does not say. */
async function sendAll(access: S3Access, sending: Sending): Promise<string | undefined> {
  const { request, upload, uploadId } = sending;
  const { client, version } = request;
  const sent: { readonly PartNumber: number; readonly ETag: string }[] = [];
  const ranges = partsOf(version.size, upload.partSize);
  for (let from = 0; from < ranges.length; from += partsAtOnce) {
    const some = ranges.slice(from, from + partsAtOnce).map((range) => sendAgain(access, sending, range));
    // All are waited for: a part that arrives after the abort would be left behind.
    for (const outcome of await Promise.allSettled(some)) {
      if (outcome.status === "rejected") throw outcome.reason;
      sent.push(outcome.value);
    }
  }
  const complete = new CompleteMultipartUploadCommand({
    Bucket: access.location.bucket,
    Key: version.key,
    UploadId: uploadId,
    MultipartUpload: { Parts: sent },
  });
  const reply = await client.send(complete);
  // Ceph completes with an empty ETag, so any word of the object will do.
  if (reply.ETag === undefined && reply.Key === undefined) {
    throw copyMisbehaves(version, "the reply does not say that it was copied");
  }
  return reply.VersionId;
}

async function sendAgain(access: S3Access, { request, upload, uploadId }: Sending, range: PartRange) {
  const { version } = request;
  for (let tries = 0; ; tries++) {
    try {
      const ETag = await upload.sendPart({ ...range, uploadId });
      if (ETag !== undefined) return { PartNumber: range.number, ETag };
      throw copyMisbehaves(version, `the reply to its part ${range.number} has no ETag`);
    } catch (error) {
      const failure = copyFailure(access, version, error);
      const wait = waits[tries];
      if (failure.kind !== "store-unreachable" || failure.isLasting || wait === undefined) throw failure;
      await access.clock.sleep(wait);
    }
  }
}

interface Tagged {
  readonly request: CopyRequest;
  readonly upload: PartedUpload;
  readonly made: string | undefined;
}

/** Ceph 16 takes tags with the begin of an upload and has forgotten them at its end. */
async function putTags(access: S3Access, { request, upload, made }: Tagged): Promise<void> {
  const { client, version } = request;
  const input = {
    Bucket: access.location.bucket,
    Key: version.key,
    ...(made === undefined ? {} : { VersionId: made }),
  };
  try {
    await client.send(new PutObjectTaggingCommand({ ...input, Tagging: { TagSet: [...upload.attributes.tags] } }));
  } catch (error) {
    const { kind, problem, hint, isLasting } = copyFailure(access, version, error);
    const told = `its bytes are copied, its tags are not: ${problem}`;
    throw new Failure({
      kind,
      action: "copy forward",
      subject: version.key,
      problem: told,
      hint,
      isLasting,
      cause: error,
    });
  }
}
