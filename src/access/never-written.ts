import type { ObjectKey } from "../base/object-key.ts";
import type { TrialRequest } from "../store/trial-door.ts";

/** What a store says of such a PUT to a key that may put: MinIO looks for the ETag first, Ceph at the bytes. */
export const wrongBody = ["BadDigest", "InvalidDigest", "PreconditionFailed", "NoSuchKey"] as const;

/**
 * A PUT that never writes: its Content-MD5 is not that of its body, and it asks for an ETag that nothing has. A store
 * looks at the right first (tried on RGW 16.2.15 and MinIO: 403 without it, one of `wrongBody` with it) and refuses the
 * rest afterwards. A copy has no such form: Ceph does not heed `x-amz-copy-source-if-match` and writes.
 */
export function putThatNeverWrites(key: ObjectKey, more: Readonly<Record<string, string>> = {}): TrialRequest {
  return {
    operation: "PutObject",
    method: "PUT",
    target: { kind: "object", key },
    headers: { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==", "if-match": '"00000000000000000000000000000000"', ...more },
    body: new TextEncoder().encode("a canary that is never written"),
  };
}
