import { createHash } from "node:crypto";
import type { TrialRequest } from "../../store/trial-door.ts";

/** The request with the checksum of its body, which S3 asks for with batches and settings. */
export function withMd5(request: TrialRequest & { readonly body: Uint8Array }): TrialRequest {
  const md5 = createHash("md5").update(request.body).digest("base64");
  return { ...request, headers: { ...request.headers, "content-md5": md5 } };
}
