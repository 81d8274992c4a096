import type { Role } from "../../base/role.ts";
import type { Right } from "../rights.ts";
import { deviating, s3Vocabulary, type Vocabulary } from "./vocabulary.ts";

/** A right that only a condition can take away from those who may put. */
export interface ConditionalDeny {
  /** The Sid of its statement. */
  readonly name: string;
  readonly action: string;
  /** Roles that need what it takes away. */
  readonly notFor: readonly Role[];
  readonly condition: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** How a provider wants its policy statements. */
export interface Dialect {
  readonly version: "2012-10-17" | "2023-04-17";
  readonly vocabulary: Vocabulary;
  /** What stands before `bucket/path` in a resource. */
  readonly resourcePrefix: "arn:aws:s3:::" | "";
  /** Whether a listing can be limited to a prefix (the condition key s3:prefix). */
  readonly limitsListings: boolean;
  /**
   * `allowed`: only what is allowed is possible. `guarded`: so too, and what would harm is denied besides, whatever else
   * is allowed to the same user elsewhere. `narrowed`: every key may do everything, so that the policy denies all the rest.
   */
  readonly effect: "allowed" | "guarded" | "narrowed";
  /** Roles that need s3:DeleteObject on the bucket itself for a batch delete to be looked at at all. */
  readonly batchDeleters: readonly Role[];
  readonly conditionalDenies: readonly ConditionalDeny[];
  /** Rights that nothing can keep from whoever has another: the first comes along with the second. */
  readonly comesWith: Readonly<Partial<Record<Right, Right>>>;
}

/** Names of settings that stores know together or not at all. */
const encryption = ["s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"] as const;
const replication = ["s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration"] as const;
const logging = ["s3:GetBucketLogging", "s3:PutBucketLogging"] as const;

/** Nobody who has put an object under a key of his own can have it read again: only the version below it helps. */
const noKeyOfItsOwn: ConditionalDeny = {
  name: "NoEncryptionKeyOfItsOwn",
  action: "s3:PutObject",
  notFor: [],
  condition: { Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" } },
};

/**
 * MinIO replaces a version in place for whoever may put. The value is always there, and empty without a version id; it is
 * also that of a copy's source (cmd/bucket-policy.go), so whoever copies older versions forward cannot be denied it.
 */
const noVersionId: ConditionalDeny = {
  name: "NoPutOntoAVersion",
  action: "s3:PutObject",
  notFor: ["rescuer"],
  condition: { StringLike: { "s3:versionid": ["?*"] } },
};

/** AWS S3, and what is made to its measure. */
export const awsDialect: Dialect = {
  version: "2012-10-17",
  vocabulary: s3Vocabulary,
  resourcePrefix: "arn:aws:s3:::",
  limitsListings: true,
  effect: "guarded",
  batchDeleters: [],
  conditionalDenies: [noKeyOfItsOwn],
  comesWith: {},
};

/** DELETE ?force_delete and MOVE of a bucket are Wasabi's own (API guide), so making a bucket is denied too. */
export const wasabiDialect: Dialect = {
  ...awsDialect,
  vocabulary: deviating({ also: { "delete bucket": { bucket: ["s3:CreateBucket"], object: [] } } }),
};

/**
 * MinIO refuses a policy with a name that it does not know (minio/pkg, policy/action.go). Its DELETE with a version id asks
 * for s3:DeleteObject, and looks at s3:DeleteObjectVersion only to see whether it is denied (cmd/auth-handler.go). Who may
 * list and read may list and read versions (tried).
 */
export const minioDialect: Dialect = {
  ...awsDialect,
  vocabulary: deviating({
    without: ["s3:GetBucketAcl", "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", ...logging],
    also: {
      "lift marker": { bucket: [], object: ["s3:DeleteObject"] },
      "destroy version": { bucket: [], object: ["s3:DeleteObject"] },
      "delete bucket": { bucket: ["s3:ForceDeleteBucket"], object: [] },
      "change access": { bucket: [], object: ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"] },
    },
  }),
  conditionalDenies: [noKeyOfItsOwn, noVersionId],
  comesWith: { "list versions": "list current", "read version": "read current" },
};

/**
 * RGW refuses a policy with a name that it does not know; these came after release 16. Its batch delete asks for
 * s3:DeleteObject on the bucket first, and then for the right to each entry (tried on 16.2.15).
 */
export const cephDialect: Dialect = {
  ...awsDialect,
  vocabulary: deviating({ without: [...encryption] }),
  batchDeleters: ["pruner", "purger", "rescuer"],
  conditionalDenies: [],
};

/** SeaweedFS has no names for these; its encryption calls want an administrator (weed/s3api, s3_action_strings.go). */
export const seaweedfsDialect: Dialect = {
  ...awsDialect,
  vocabulary: deviating({
    without: ["s3:GetBucketPolicyStatus", ...encryption, ...replication, ...logging],
  }),
  conditionalDenies: [],
};

/**
 * Versity knows no conditions, and asks for a batch delete once, for s3:DeleteObject on the bucket: whoever has that there
 * may destroy versions, so only those get it who may anyway (auth/bucket_policy_actions.go, s3api/controllers).
 */
export const versityDialect: Dialect = {
  ...awsDialect,
  vocabulary: deviating({ without: ["s3:PutObjectVersionAcl"] }),
  limitsListings: false,
  batchDeleters: ["purger", "rescuer"],
  conditionalDenies: [],
};

/**
 * A list of what is allowed (bucket policy of version 2023-04-17): a denial in it means nothing. These names are not among
 * its actions, and s3:prefix is documented for s3:ListBucket alone.
 */
export const scalewayDialect: Dialect = {
  ...awsDialect,
  version: "2023-04-17",
  vocabulary: deviating({
    without: [
      "s3:GetBucketPolicy",
      "s3:PutBucketPolicy",
      "s3:DeleteBucketPolicy",
      "s3:GetBucketPolicyStatus",
      ...encryption,
      ...replication,
      ...logging,
      "s3:GetBucketNotification",
      "s3:PutBucketNotification",
    ],
  }),
  resourcePrefix: "",
  limitsListings: false,
  effect: "allowed",
  conditionalDenies: [],
};

/** Each key of a project may do everything in each of its buckets, so a policy can only take away. */
export const hetznerDialect: Dialect = {
  ...cephDialect,
  vocabulary: deviating({
    without: [...encryption, ...logging],
  }),
  effect: "narrowed",
  batchDeleters: [],
};
