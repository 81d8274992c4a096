import type { ObjectVersion } from "../../store/object-version.ts";
import { versionId as idOf, type VersionId } from "../../base/version-id.ts";
import { encodeKey, encodeText } from "./bucket-address.ts";
import { copyMisbehaves } from "./copy-request.ts";
import { S3ReplyError } from "./s3-reply-error.ts";
import type { S3Transport } from "./s3-transport.ts";
import { DamagedXml, readXml } from "./xml-elements.ts";

/** A store copies up to 5 GiB at once and may say nothing until it has. */
const patience = 10 * 60_000;

/**
 * Copies a version onto its key inside the store, once. Metadata and tags come along by themselves. Gives the id of the copy,
 * which Ceph does not tell (tried on RGW 16.2.15). Throws what `failureOfS3` understands.
 */
export async function copyObject(
  transport: S3Transport,
  bucket: string,
  version: ObjectVersion,
): Promise<{ readonly versionId: VersionId | null }> {
  const { key, storageClass } = version;
  const source = `${encodeText(bucket)}/${encodeKey(key)}?versionId=${encodeText(version.versionId)}`;
  // A copy is stored in the default class unless it is told another.
  const isUsual = storageClass === null || storageClass === "STANDARD";
  const headers = { "x-amz-copy-source": source, ...(isUsual ? {} : { "x-amz-storage-class": storageClass }) };
  const reply = await transport.write({ operation: "CopyObject", method: "PUT", key, headers }, { patience });
  const text = reply.body.toString().trim();
  // A store that gives up after it has said 200 leaves the rest out; whether it copied is not known.
  if (text === "") throw new S3ReplyError({ ...reply, status: 503, code: "InternalError", words: "nothing follows" });
  if (!isDone(text)) throw copyMisbehaves(version, "the reply does not say that it was copied");
  const made = reply.headers["x-amz-version-id"] ?? "";
  return { versionId: made === "" ? null : idOf(made) };
}

const shape = { root: "CopyObjectResult", rows: new Set<string>() };

function isDone(text: string): boolean {
  try {
    return (readXml(text, shape).head.get("ETag") ?? "") !== "";
  } catch (error) {
    if (error instanceof DamagedXml) return false;
    throw error;
  }
}
