import type { S3Client } from "@aws-sdk/client-s3";
import type { OpenUpload } from "../../store/bucket-settings.ts";
import type { S3Access } from "./s3-client.ts";

export function listOpenUploads(
  _access: S3Access,
  _request: { readonly client: S3Client; readonly prefix: string },
): Promise<readonly OpenUpload[] | null> {
  return Promise.resolve([]);
}
