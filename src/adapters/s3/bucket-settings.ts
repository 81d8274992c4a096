import type { S3Client } from "@aws-sdk/client-s3";
import type { BucketSettings } from "../../store/bucket-settings.ts";
import type { S3Access } from "./s3-client.ts";

export function readBucketSettings(_access: S3Access, _client: S3Client): Promise<BucketSettings> {
  const none = { kind: "none" } as const;
  return Promise.resolve({ lifecycle: none, policy: none, objectLock: none, replication: none, encryption: none, versioning: none });
}
