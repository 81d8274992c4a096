import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";

/** One setting of a bucket, as far as this key may see it. */
export type Setting<T> =
  | { readonly kind: "set"; readonly value: T }
  /** The bucket has none. */
  | { readonly kind: "none" }
  /** The store does not have such a setting. */
  | { readonly kind: "unsupported" }
  /** It may not be read with this key, or could not be; `problem` in the store's words. */
  | { readonly kind: "unreadable"; readonly problem: string };

/** A lifecycle rule, as far as it takes versions away. */
export interface LifecycleRule {
  readonly id: string;
  readonly isEnabled: boolean;
  readonly prefix: string;
  /**
   * Days after which a version that is no longer current is destroyed, the least that any part of the rule says; null
   * where none does. MinIO's rules that take all versions of a key at once count here: they leave none behind.
   */
  readonly noncurrentDays: number | null;
  /** How many noncurrent versions are kept whatever their age: whoever can put can push the good one out. */
  readonly newerNoncurrentVersions: number | null;
  /** Days after which a current object is hidden (a delete marker is put), 0 for a date; null where the rule does not say. */
  readonly currentDays: number | null;
  readonly abortUploadsDays: number | null;
}

/** What is set on a bucket. Texts are as the store gave them: XML, or JSON for the policy. */
export interface BucketSettings {
  /** `text` is the whole of it; `rules` what was understood. */
  readonly lifecycle: Setting<{ readonly text: string; readonly rules: readonly LifecycleRule[] }>;
  readonly policy: Setting<string>;
  /** Default retention, in days, that every new version gets; null where only single objects are locked. */
  readonly objectLock: Setting<{
    readonly text: string;
    readonly mode: string | null;
    readonly days: number | null;
  }>;
  readonly replication: Setting<string>;
  readonly encryption: Setting<string>;
  /** None where it was never turned on. MinIO can leave prefixes out while the status says Enabled. */
  readonly versioning: Setting<{ readonly text: string; readonly excludedPrefixes: readonly string[] }>;
}

/** What the settings say of versioning, by the `Status` of their XML; null where only asking for it tells. */
export function versioningIn({ versioning }: BucketSettings): "enabled" | "suspended" | null {
  if (versioning.kind !== "set") return null;
  const [, status] = /<Status>\s*(Enabled|Suspended)\s*<\/Status>/.exec(versioning.value.text) ?? [];
  if (status === undefined) return null;
  return status === "Enabled" ? "enabled" : "suspended";
}

/** A multipart upload that is under way, or was left. Completed later it may carry the date of its beginning. */
export interface OpenUpload {
  readonly key: ObjectKey;
  readonly uploadId: string;
  readonly initiated: Instant;
}
