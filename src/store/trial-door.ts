import type { ObjectKey } from "../base/object-key.ts";

/** What a request is for. A key is never empty: `DELETE /bucket/` would be for the bucket. */
export type TrialTarget =
  | { readonly kind: "object"; readonly key: ObjectKey }
  /** The bucket itself, or one of its settings. */
  | { readonly kind: "bucket" }
  /** The store itself, by a path of its own API, such as `minio/admin/v3/add-user`. */
  | { readonly kind: "service"; readonly path: string };

/** One request as a thief could build it: any header, any parameter, any body. */
export interface TrialRequest {
  /** As S3 names it, for the log. */
  readonly operation: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly target: TrialTarget;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** An answer, whatever it says: a refusal is one too. */
export interface TrialReply {
  /** Of an error under status 200, the status that the error stands for: 500. */
  readonly status: number;
  /** The Code of an error; empty where the answer is none or has none. */
  readonly code: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of an error, its message. */
  readonly body: string;
}

/** A way to a bucket with one key, to see what the store answers to that key. */
export interface TrialDoor {
  /**
   * Sends once, never again, whatever comes. Answers are given, not thrown, a failing store's 500 too, but for those that
   * say nothing of what the key may do: fails with `store-unreachable` where there is no answer, `clock-skewed`,
   * `no-repository` without the bucket, and `store-denied` where the store does not know the key or its signature.
   */
  send(request: TrialRequest): Promise<TrialReply>;
}
