import { ListMultipartUploadsCommand, type MultipartUpload, type S3Client } from "@aws-sdk/client-s3";
import { Failure } from "../../base/failure.ts";
import { instantFromMilliseconds } from "../../base/instant.ts";
import { objectKey } from "../../base/object-key.ts";
import { displayLocation } from "../../base/repository-location.ts";
import type { OpenUpload } from "../../store/bucket-settings.ts";
import { isDenied, isUnsupported } from "./answer-kind.ts";
import type { S3Access } from "./s3-client.ts";
import { failureOfS3 } from "./s3-failure.ts";

interface UploadsRequest {
  readonly client: S3Client;
  readonly prefix: string;
}

const action = "list the open uploads of";

/**
 * Open multipart uploads under `prefix`, as the store orders them. The bucket is asked for all of its uploads and the
 * prefix looked at here: MinIO answers a prefix with the uploads of the key of that very name. Null for a store without
 * such a list, a key that may not read it, and a list that is empty where the profile says that the store forgets.
 * Fails with `store-misbehaves` on a page that does not move forward.
 */
export async function listOpenUploads(
  access: S3Access,
  { client, prefix }: UploadsRequest,
): Promise<readonly OpenUpload[] | null> {
  const { uploadListing } = access.profile;
  if (uploadListing.value === "none") return null;
  const uploads: OpenUpload[] = [];
  try {
    for await (const upload of allUploads(access, client)) if (upload.key.startsWith(prefix)) uploads.push(upload);
  } catch (error) {
    if (isUnsupported(error) || isDenied(error)) return null;
    const { location, credentials } = access;
    throw failureOfS3(error, { action, subject: displayLocation(location), location, credentials });
  }
  return uploads.length === 0 && uploadListing.value === "forgetful" ? null : uploads;
}

async function* allUploads(access: S3Access, client: S3Client): AsyncIterable<OpenUpload> {
  const seen = new Set<string>();
  let markers = {};
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket: access.location.bucket, ...markers }));
    for (const upload of page.Uploads ?? []) yield openUpload(access, upload);
    if (page.IsTruncated !== true) return;
    const { NextKeyMarker: KeyMarker = "", NextUploadIdMarker: UploadIdMarker = "" } = page;
    if (KeyMarker === "") throw misbehaves(access, "a page says that more follows and not from where");
    const place = JSON.stringify([KeyMarker, UploadIdMarker]);
    if (seen.has(place)) throw misbehaves(access, `the list of open uploads comes back to "${KeyMarker}"`);
    seen.add(place);
    markers = { KeyMarker, ...(UploadIdMarker === "" ? {} : { UploadIdMarker }) };
  }
}

function openUpload(access: S3Access, { Key: key, UploadId: uploadId, Initiated: date }: MultipartUpload): OpenUpload {
  if (key === undefined || uploadId === undefined || date === undefined || Number.isNaN(date.getTime())) {
    throw misbehaves(access, `an open upload has no key, id or date ("${key ?? ""}")`);
  }
  return { key: objectKey(key), uploadId, initiated: instantFromMilliseconds(date.getTime()) };
}

function misbehaves({ location }: S3Access, problem: string): Failure {
  return new Failure({
    kind: "store-misbehaves",
    action,
    subject: displayLocation(location),
    problem,
    hint: "run it again; if it stays so report it with the store's name and release",
  });
}
