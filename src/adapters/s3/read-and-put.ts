import { GetObjectCommand, PutObjectCommand, UploadPartCommand, type GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { isAbsentObject } from "./answer-kind.ts";
import { requireCopied } from "./copied-size.ts";
import { copyFailure, copyMisbehaves, notThere, type CopyRequest } from "./copy-request.ts";
import { attributesOf, readAttributes, taggingOf } from "./object-attributes.ts";
import type { S3Access } from "./s3-client.ts";
import { sendStreamed } from "./streamed-body.ts";
import { uploadInParts, type UploadPart } from "./upload-in-parts.ts";

/** The largest object that one PUT may bring, in bytes: S3's own limit. */
const mostInOnePut = 5 * 1024 ** 3;
const usualPart = 512 * 1024 * 1024;

interface PutRequest extends CopyRequest {
  /** What is larger goes in parts; S3's own limit is 5 GiB. Smaller only in tests. */
  readonly mostInOnePut?: number;
}

/**
 * Puts the bytes of a version on top of its key by reading and sending them, with its metadata, tags and storage class:
 * for stores whose copies cannot be relied on. The bytes pass through and are never held. Ends only when the store has
 * told the MD5 of all bytes for the ETag of the new version, or has it in its full length. Fails as `copyForward` of the
 * port does.
 */
export async function readAndPut(access: S3Access, request: PutRequest): Promise<void> {
  if (request.version.size <= (request.mostInOnePut ?? mostInOnePut)) {
    await putAtOnce(access, request);
    return;
  }
  await uploadInParts(access, request, {
    attributes: await readAttributes(access, request),
    partSize: request.partSize ?? usualPart,
    sendPart: async (part) => await sendPartRead(access, request, part),
  });
}

async function putAtOnce(access: S3Access, request: CopyRequest): Promise<void> {
  const { client, version } = request;
  const reply = await get(access, request, null);
  const content = contentOf(reply, request, version.size);
  const attributes = await attributesOf(access, request, reply);
  const tagging = taggingOf(attributes);
  const md5 = createHash("md5");
  const made = await sendStreamed(watched(content, md5.update.bind(md5)), async (body, abortSignal) => {
    const command = new PutObjectCommand({
      Bucket: access.location.bucket,
      Key: version.key,
      Body: body,
      ContentLength: version.size,
      ...attributes.described,
      ...(tagging === undefined ? {} : { Tagging: tagging }),
    });
    return await client.send(command, { abortSignal });
  }).catch((error: unknown) => {
    throw copyFailure(access, version, error);
  });
  if (made.ETag?.replaceAll('"', "") === md5.digest("hex")) return;
  await requireCopied(access, request, made.VersionId);
}

/** Reads the bytes of one part and sends them on, held by nobody. Throws what the SDK throws. */
export async function sendPartRead(
  access: S3Access,
  request: CopyRequest,
  part: UploadPart,
): Promise<string | undefined> {
  const { client, version } = request;
  const size = part.to - part.from + 1;
  const content = contentOf(await get(access, request, part), request, size);
  const { ETag: etag } = await sendStreamed(content, async (body, abortSignal) => {
    const command = new UploadPartCommand({
      Bucket: access.location.bucket,
      Key: version.key,
      UploadId: part.uploadId,
      PartNumber: part.number,
      Body: body,
      ContentLength: size,
    });
    return await client.send(command, { abortSignal });
  });
  return etag;
}

async function get(
  access: S3Access,
  { client, version }: CopyRequest,
  part: UploadPart | null,
): Promise<GetObjectCommandOutput> {
  const command = new GetObjectCommand({
    Bucket: access.location.bucket,
    Key: version.key,
    VersionId: version.versionId,
    ...(part === null ? {} : { Range: `bytes=${part.from}-${part.to}` }),
  });
  return await client.send(command).catch((error: unknown) => {
    throw isAbsentObject(error) ? notThere(version) : copyFailure(access, version, error);
  });
}

function contentOf(
  reply: GetObjectCommandOutput,
  { version }: CopyRequest,
  expected: number,
): AsyncIterable<Uint8Array> {
  const { Body: body, ContentLength: size } = reply;
  if (body !== undefined && size === expected) return body as AsyncIterable<Uint8Array>;
  throw copyMisbehaves(version, `it was asked for ${expected} bytes and sends ${size ?? "none"}`);
}

async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  watch: (part: Uint8Array) => unknown,
): AsyncIterable<Uint8Array> {
  for await (const part of bytes) {
    watch(part);
    yield part;
  }
}
