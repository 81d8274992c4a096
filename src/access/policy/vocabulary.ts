import type { Right } from "../rights.ts";

/** The names under which a provider grants a right: on the bucket itself, and on the objects in it. */
export interface ActionNames {
  readonly bucket: readonly string[];
  readonly object: readonly string[];
}

/** A provider's names for each right. A right without names cannot be granted there, or needs no granting. */
export type Vocabulary = Readonly<Record<Right, ActionNames>>;

/** The names of AWS (service authorization reference, Amazon S3). */
export const s3Vocabulary: Vocabulary = {
  "find bucket": onBucket("s3:GetBucketLocation"),
  "list current": onBucket("s3:ListBucket"),
  "list versions": onBucket("s3:ListBucketVersions"),
  "list uploads": onBucket("s3:ListBucketMultipartUploads"),
  "read current": onObjects("s3:GetObject"),
  "read version": onObjects("s3:GetObjectVersion"),
  "keep tags": onObjects("s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:PutObjectTagging"),
  put: onObjects("s3:PutObject"),
  hide: onObjects("s3:DeleteObject"),
  "lift marker": onObjects("s3:DeleteObjectVersion"),
  "destroy version": onObjects("s3:DeleteObjectVersion"),
  "abort upload": onObjects("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
  "read versioning": onBucket("s3:GetBucketVersioning"),
  "read lock default": onBucket("s3:GetBucketObjectLockConfiguration"),
  "read settings": onBucket(
    "s3:GetLifecycleConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetEncryptionConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:GetBucketLogging",
    "s3:GetBucketNotification",
  ),
  "change settings": onBucket(
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutEncryptionConfiguration",
    "s3:PutReplicationConfiguration",
    "s3:PutBucketLogging",
    "s3:PutBucketNotification",
  ),
  "change access": { bucket: ["s3:PutBucketAcl"], object: ["s3:PutObjectAcl", "s3:PutObjectVersionAcl"] },
  "lock version": onObjects("s3:PutObjectRetention", "s3:PutObjectLegalHold"),
  "bypass lock": onObjects("s3:BypassGovernanceRetention"),
  "delete bucket": onBucket("s3:DeleteBucket"),
};

function onBucket(...bucket: readonly string[]): ActionNames {
  return { bucket, object: [] };
}

function onObjects(...object: readonly string[]): ActionNames {
  return { bucket: [], object };
}

/** What a provider calls otherwise than AWS. */
interface Deviation {
  /** Names that it does not know, or that make it refuse a policy. */
  readonly without?: readonly string[];
  /** Further names that a right needs there. */
  readonly also?: Readonly<Partial<Record<Right, ActionNames>>>;
}

/** The vocabulary of AWS as another provider has it. */
export function deviating({ without = [], also = {} }: Deviation): Vocabulary {
  const known = (names: readonly string[]): readonly string[] => names.filter((name) => !without.includes(name));
  const entries = Object.entries(s3Vocabulary).map(([right, names]) => {
    const more = also[right as Right] ?? { bucket: [], object: [] };
    return [
      right,
      { bucket: known([...names.bucket, ...more.bucket]), object: known([...names.object, ...more.object]) },
    ];
  });
  return Object.fromEntries(entries) as Vocabulary;
}
