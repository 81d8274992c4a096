import type { Duration } from "../../base/duration.ts";

const day = 86_400_000;
/** How long noncurrent versions stay where the configuration has no recovery-window. */
const usualWindowDays = 35;
/** How long an upload may stay open: restic sends a pack within minutes. */
const openUploadDays = 7;

/** A window in the whole days that lifecycle rules count in, rounded up: a version may stay longer, never shorter. */
export function windowDays(window: Duration | null): number {
  return window === null ? usualWindowDays : Math.ceil(window / day);
}

export interface LifecycleRequest {
  readonly prefix: string;
  readonly days: number;
}

/**
 * The rules as `put-bucket-lifecycle-configuration` takes them. `expiresMarkers`: with the rule that removes delete markers
 * below which nothing is left, which some providers do not have. It stands apart: on AWS it may not share an Expiration
 * with days. No rule counts versions (NewerNoncurrentVersions): whoever can put could push the good one out.
 */
export function s3Lifecycle({ prefix, days }: LifecycleRequest, expiresMarkers: boolean): string {
  const Filter = { Prefix: prefix };
  const Status = "Enabled";
  const noncurrent = {
    ID: "holdfast-noncurrent",
    Status,
    Filter,
    NoncurrentVersionExpiration: { NoncurrentDays: days },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: openUploadDays },
  };
  const markers = { ID: "holdfast-markers", Status, Filter, Expiration: { ExpiredObjectDeleteMarker: true } };
  return JSON.stringify({ Rules: expiresMarkers ? [noncurrent, markers] : [noncurrent] }, null, 2);
}

/** The rule as Backblaze B2 has it. It removes orphaned hide markers by itself. */
export function b2Lifecycle({ prefix, days }: LifecycleRequest): string {
  return JSON.stringify({ fileNamePrefix: prefix, daysFromHidingToDeleting: days, daysFromUploadingToHiding: null });
}
