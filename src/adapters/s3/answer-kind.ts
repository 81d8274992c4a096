import { codeOf, statusOf } from "./s3-failure.ts";

/** The store knows the key and refuses it this one thing. A refusal without a body, as of a HEAD or a guard in front, counts. */
export function isDenied(error: unknown): boolean {
  const code = codeOf(error);
  if (code === "AccessDenied") return true;
  return statusOf(error) === 403 && (code === "" || code === "Forbidden" || code === "403");
}

/** The store does not have what was asked for: no such setting, no such way to copy. */
export function isUnsupported(error: unknown): boolean {
  const status = statusOf(error);
  return codeOf(error) === "NotImplemented" || status === 501 || status === 405;
}

/** An object, a version or an upload that is not there; 405 where it is a marker that is asked for by its id. */
export function isAbsentObject(error: unknown): boolean {
  if (codeOf(error) === "NoSuchBucket") return false;
  return statusOf(error) === 404 || (statusOf(error) === 405 && codeOf(error) === "MethodNotAllowed");
}
