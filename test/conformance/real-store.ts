import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import type { LocalKey, LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { operateBucket, type BucketOperator } from "../stores/bucket-operator.ts";
import { s3Access, type RealStore, type RunningStore } from "../stores/real-stores.ts";
import type { Bucket } from "./bucket.ts";
import { lifecycleXml } from "./operator.ts";

/** Runs for the length of a describe block. */
export function duringTheTests(real: RealStore): () => LocalStore {
  let running: RunningStore | undefined;
  beforeAll(async () => {
    running = await real.start();
  });
  afterAll(async () => await running?.stop());
  return () => {
    if (running === undefined) throw new Error(`${real.name} does not run yet`);
    return running.store;
  };
}

interface RealBucket extends Bucket {
  readonly completeUpload: BucketOperator["completeUpload"];
}

export async function makeBucket(local: LocalStore, key: LocalKey = local.owner): Promise<RealBucket> {
  const access = s3Access(local, key, `hf-${randomUUID()}`);
  const administration = administerBucket(access);
  await administration.createBucket();
  const operator = operateBucket(access);
  return {
    store: openS3Store(access),
    inPagesOf: (pageSize) => openS3Store({ ...access, pageSize }),
    suspendVersioning: async () => await administration.suspendVersioning(),
    operator: {
      expireNoncurrent: async (rule) => await operator.putLifecycle(lifecycleXml(rule)),
      putPolicy: async (policyOf) => await administration.putPolicy(policyOf(access.location.bucket)),
      beginUpload: async (each) => await operator.beginUpload(each),
      abortUpload: async (upload) => await operator.abortUpload(upload),
    },
    completeUpload: async (upload, bytes) => await operator.completeUpload(upload, bytes),
  };
}
