import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type CreateMultipartUploadCommandInput,
  type HeadObjectCommandOutput,
  type Tag,
} from "@aws-sdk/client-s3";
import { isAbsentObject, isDenied, isUnsupported } from "./answer-kind.ts";
import { copyFailure, notThere, type CopyRequest } from "./copy-request.ts";
import type { S3Access } from "./s3-client.ts";
import { codeOf } from "./s3-failure.ts";

type Described = Pick<
  CreateMultipartUploadCommandInput,
  | "CacheControl"
  | "ContentDisposition"
  | "ContentEncoding"
  | "ContentLanguage"
  | "ContentType"
  | "Expires"
  | "Metadata"
  | "StorageClass"
>;

/** What a version carries besides its bytes, as an upload takes it. */
export interface ObjectAttributes {
  readonly described: Described;
  readonly tags: readonly Tag[];
}

/** What a read of a version and a HEAD of it both tell of its attributes. */
type AttributeReply = Pick<
  HeadObjectCommandOutput,
  Exclude<keyof Described, "Expires" | "StorageClass"> | "ExpiresString" | "TagCount"
>;

/**
 * The attributes of a version, by HEAD. Fails as the store does, with `store-misbehaves` where the version is gone, and
 * with `store-denied` where it has tags that this key may not read: a copy would lose them without a word.
 */
export async function readAttributes(access: S3Access, request: CopyRequest): Promise<ObjectAttributes> {
  const { client, version } = request;
  const input = { Bucket: access.location.bucket, Key: version.key, VersionId: version.versionId };
  const reply = await client.send(new HeadObjectCommand(input)).catch((error: unknown) => {
    throw isAbsentObject(error) ? notThere(version) : copyFailure(access, version, error);
  });
  return await attributesOf(access, request, reply);
}

/** The same from a reply that is there already; fails as `readAttributes` does. */
export async function attributesOf(
  access: S3Access,
  request: CopyRequest,
  reply: AttributeReply,
): Promise<ObjectAttributes> {
  const { version } = request;
  const expires = new Date(reply.ExpiresString ?? "");
  const described: { [Name in keyof Described]: Described[Name] } = {
    CacheControl: reply.CacheControl,
    ContentDisposition: reply.ContentDisposition,
    ContentEncoding: reply.ContentEncoding,
    ContentLanguage: reply.ContentLanguage,
    ContentType: reply.ContentType,
    Metadata: reply.Metadata,
    ...(Number.isNaN(expires.getTime()) ? {} : { Expires: expires }),
    ...(version.storageClass === null || version.storageClass === "STANDARD"
      ? {}
      : { StorageClass: version.storageClass as NonNullable<Described["StorageClass"]> }),
  };
  return { described, tags: reply.TagCount === 0 ? [] : await readTags(access, request, reply.TagCount ?? 0) };
}

/** As the x-amz-tagging header takes them; undefined for none. */
export function taggingOf({ tags }: ObjectAttributes): string | undefined {
  if (tags.length === 0) return undefined;
  return tags
    .map(({ Key: name = "", Value: value = "" }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}

/** `told` is how many the store says there are: it says none to a key that may not read them. */
async function readTags(access: S3Access, { client, version }: CopyRequest, told: number): Promise<readonly Tag[]> {
  const input = { Bucket: access.location.bucket, Key: version.key, VersionId: version.versionId };
  try {
    return (await client.send(new GetObjectTaggingCommand(input))).TagSet ?? [];
  } catch (error) {
    const isWithout = codeOf(error) === "NoSuchTagSet" || isUnsupported(error) || isDenied(error);
    if (isWithout && told === 0) return [];
    throw isAbsentObject(error) ? notThere(version) : copyFailure(access, version, error);
  }
}
