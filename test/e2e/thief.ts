import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketLifecycleCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { objectKey, type ObjectKey } from "../../src/base/object-key.ts";
import { inParallel } from "../../src/rollback/in-parallel.ts";
import type { HistoryRow, ObjectVersion } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { s3Access } from "../stores/real-stores.ts";

/** Somebody with the rights of the bucket's owner, who destroys no version: then nothing could bring it back. */
export class Thief {
  readonly #store: PurgingStore;
  readonly #client: S3Client;
  readonly #suspend: () => Promise<void>;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(local: LocalStore, place: string) {
    const access = s3Access(local, local.owner, place);
    this.#store = openS3Store(access);
    this.#suspend = async () => await administerBucket(access).suspendVersioning();
    this.#bucket = access.location.bucket;
    this.#prefix = access.location.prefix;
    const { accessKey: accessKeyId, secretKey } = local.owner;
    this.#client = new S3Client({
      endpoint: local.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey: secretKey.reveal() },
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
  }

  async rows(): Promise<readonly HistoryRow[]> {
    const rows: HistoryRow[] = [];
    for await (const page of this.#store.listVersions(this.#prefix)) rows.push(...page);
    return rows;
  }

  /** What is shown in these folders, `config` counted as one, locks never. */
  async shown(...folders: readonly string[]): Promise<readonly ObjectVersion[]> {
    const isAsked = (key: ObjectKey): boolean => folders.some((folder) => key.startsWith(`${this.#prefix}${folder}`));
    const rows = await this.rows();
    return rows.filter((row): row is ObjectVersion => row.kind === "version" && row.isLatest && isAsked(row.key));
  }

  async hide(objects: readonly ObjectVersion[]): Promise<void> {
    const refused = (await this.#store.hide(objects.map(({ key }) => key))).find(({ error }) => error !== null);
    if (refused !== undefined) throw new Error(`the store does not hide ${refused.key}`);
  }

  /** Puts other bytes of the same size on each. */
  async overwrite(objects: readonly ObjectVersion[]): Promise<void> {
    await inParallel(objects, { limit: 8 }, async ({ key, size }) => {
      await this.#store.put(key, randomBytes(size));
    });
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#store.put(objectKey(`${this.#prefix}${path}`), bytes);
  }

  async suspendVersioning(): Promise<void> {
    await this.#suspend();
  }

  /** Sends all but the last request of an upload, as of now; what it gives sends the last. */
  async beginUpload({ key: Key, size }: ObjectVersion): Promise<() => Promise<void>> {
    const upload = { Bucket: this.#bucket, Key };
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(upload));
    const part = new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: randomBytes(size) });
    const { ETag } = await this.#client.send(part);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    return async () => {
      await this.#client.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
    };
  }

  /** Has the store destroy what is noncurrent for a day. */
  async shortenLifecycle(): Promise<void> {
    const rule = { ID: "tidy", Status: "Enabled" as const, Filter: { Prefix: "" } };
    const Rules = [{ ...rule, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }];
    const LifecycleConfiguration = { Rules };
    await this.#client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: this.#bucket, LifecycleConfiguration }),
    );
  }

  async removeLifecycle(): Promise<void> {
    await this.#client.send(new DeleteBucketLifecycleCommand({ Bucket: this.#bucket }));
  }
}
