import type { S3Client } from "@aws-sdk/client-s3";
import { Failure } from "../../base/failure.ts";
import type { ObjectVersion } from "../../store/object-version.ts";
import type { S3Access } from "./s3-client.ts";
import { failureOfS3 } from "./s3-failure.ts";

export interface CopyRequest {
  /** Sends each request once: what is worth sending again is decided part by part. */
  readonly client: S3Client;
  readonly version: ObjectVersion;
  /** Bytes a part; raised where the object would have more than 10,000. Smaller only in tests. */
  readonly partSize?: number;
}

const action = "copy forward";

/** What the SDK threw while a version was copied, by the key's name. */
export function copyFailure({ location, credentials }: S3Access, { key }: ObjectVersion, error: unknown): Failure {
  return failureOfS3(error, { action, subject: key, location, credentials });
}

/** The version that was to be copied is gone. */
export function notThere({ key }: ObjectVersion): Failure {
  return new Failure({
    kind: "store-misbehaves",
    action,
    subject: key,
    problem: "it is not there any more",
    hint: "the bucket has changed since it was listed: plan again",
  });
}

/** The store took the copy and what it holds then is something else. */
export function copyMisbehaves({ key }: ObjectVersion, problem: string): Failure {
  return new Failure({
    kind: "store-misbehaves",
    action,
    subject: key,
    problem,
    hint: "run it again; if it stays so report it with the store's name and release",
  });
}
