import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  UploadPartCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { openS3Clients, type S3Access } from "../../src/adapters/s3/s3-client.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";

interface BegunUpload {
  readonly key: ObjectKey;
  readonly uploadId: string;
}

/** What an operator, or an intruder with the right, does to a bucket of a real store. Throws what the SDK throws. */
export interface BucketOperator {
  /** A bucket whose versions can be locked; it is versioned from the start. */
  createLockableBucket(): Promise<void>;
  lockByDefault(retention: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly years: number }): Promise<void>;
  /** `xml` goes out as it is, a store's own words and all. */
  putLifecycle(xml: string): Promise<void>;
  putVersioning(xml: string): Promise<void>;
  /** Leaves it open; gives its id. */
  beginUpload(key: ObjectKey): Promise<string>;
  abortUpload(upload: BegunUpload): Promise<void>;
  /** With `bytes` for its one part. */
  completeUpload(upload: BegunUpload, bytes: Uint8Array): Promise<void>;
}

export function operateBucket(access: S3Access): BucketOperator {
  const { writing } = openS3Clients(access);
  const { bucket: Bucket } = access.location;
  return {
    createLockableBucket: async () => {
      await writing.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    },
    lockByDefault: async ({ mode, years }) => {
      const rule = { DefaultRetention: { Mode: mode, Years: years } };
      const settings = { ObjectLockEnabled: "Enabled" as const, Rule: rule };
      await writing.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: settings }));
    },
    putLifecycle: async (xml) => {
      const command = new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [] } });
      sendInstead(command, xml);
      await writing.send(command);
    },
    putVersioning: async (xml) => {
      const command = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: {} });
      sendInstead(command, xml);
      await writing.send(command);
    },
    ...uploadsOf(writing, Bucket),
  };
}

type Uploads = Pick<BucketOperator, "beginUpload" | "abortUpload" | "completeUpload">;

function uploadsOf(client: S3Client, Bucket: string): Uploads {
  return {
    beginUpload: async (key) => {
      const { UploadId: id } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: key }));
      if (id === undefined) throw new Error(`the upload to "${key}" has no id`);
      return id;
    },
    abortUpload: async ({ key, uploadId }) => {
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId }));
    },
    completeUpload: async ({ key, uploadId }, bytes) => {
      const target = { Bucket, Key: key, UploadId: uploadId };
      const { ETag } = await client.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: bytes }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await client.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload }));
    },
  };
}

type AnyStack = { readonly add: PutBucketVersioningCommand["middlewareStack"]["add"] };

/** The SDK writes only what it knows; its length and checksum are reckoned after this. */
function sendInstead({ middlewareStack }: { readonly middlewareStack: AnyStack }, xml: string): void {
  middlewareStack.add(
    (next) => async (args) => {
      const { request } = args as { request: { body?: unknown } };
      request.body = xml;
      return await next(args);
    },
    { step: "build", name: "sendInstead", priority: "high" },
  );
}
