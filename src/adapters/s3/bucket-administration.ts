import {
  CreateBucketCommand,
  DeleteBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { displayLocation } from "../../base/repository-location.ts";
import type { HistoryRow } from "../../store/object-version.ts";
import type { PurgingStore } from "../../store/versioned-store.ts";
import { openS3Clients, type S3Access } from "./s3-client.ts";
import { codeOf, failureOfS3 } from "./s3-failure.ts";

/** What an operator does to a bucket by hand, for the demo and the tests. The commands for real stores hold none of it. */
export interface BucketAdministration {
  /** A bucket that is ours already is no error. */
  createBucket(): Promise<void>;
  /** Replaces the bucket's policy; `policy` is JSON. */
  putPolicy(policy: string): Promise<void>;
  suspendVersioning(): Promise<void>;
  deleteBucket(): Promise<void>;
}

/** Every method fails as the store's methods do. */
export function administerBucket(access: S3Access): BucketAdministration {
  const { writing } = openS3Clients(access);
  const { bucket: Bucket } = access.location;
  const attempt = async (action: string, act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      const { location, credentials } = access;
      throw failureOfS3(error, { action, subject: displayLocation(location), location, credentials });
    }
  };
  return {
    createBucket: async () =>
      await attempt("make the bucket of", async () => {
        try {
          await writing.send(new CreateBucketCommand({ Bucket }));
        } catch (error) {
          if (codeOf(error) !== "BucketAlreadyOwnedByYou") throw error;
        }
      }),
    putPolicy: async (policy) =>
      await attempt("set the policy of", () => writing.send(new PutBucketPolicyCommand({ Bucket, Policy: policy }))),
    suspendVersioning: async () =>
      await attempt("suspend the versioning of", () =>
        writing.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } })),
      ),
    deleteBucket: async () =>
      await attempt("delete the bucket of", () => writing.send(new DeleteBucketCommand({ Bucket }))),
  };
}

/** Destroys every version and marker under the prefix, for demos and tests that clean up after themselves. */
export async function destroyEverything(store: PurgingStore, prefix: string): Promise<void> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions(prefix)) rows.push(...page);
  await store.destroyVersions(rows.filter((row) => row.versionId !== "null"));
}
