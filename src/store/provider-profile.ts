import type { VersionIdTime } from "../base/version-id-time.ts";

/** How a fact about a provider is known. `unknown` facts are probed before anything rests on them. */
type Evidence = "documented" | "source" | "tried" | "unknown";

/** A fact of a profile. A value of null goes with `unknown` only. */
export interface ProfileFact<T> {
  readonly value: T | null;
  readonly evidence: Evidence;
  /** Where it was read or on what it was tried, in a few words. */
  readonly note?: string | undefined;
}

/** What one provider can do and how it differs; see profiles/*.yaml. Every field is read by some code. */
export interface ProviderProfile {
  readonly name: string;
  /** What to call it on a screen: `Ceph RGW`. */
  readonly title: string;
  /** `none`: no version history at all; init stops there. `always`: nothing to turn on. */
  readonly versioning: ProfileFact<"on-request" | "always" | "none">;
  /** `stacked`: a DELETE of a hidden key, or one in a batch, adds another marker; `single`: none does. */
  readonly markers: ProfileFact<"stacked" | "single">;
  /** Largest number of entries that one DeleteObjects may carry; 1: send single deletes. */
  readonly batchDeleteLimit: ProfileFact<number>;
  /** Which integrity header DeleteObjects must carry. */
  readonly batchDeleteChecksum: ProfileFact<"crc32" | "md5">;
  /** Whether uploads may carry the SDK's own x-amz-checksum headers. */
  readonly checksums: ProfileFact<"supported" | "refused">;
  /** What `bucket-lookup: auto` means here. */
  readonly addressing: ProfileFact<"path" | "dns">;
  /** `interleaved`: document order is the truth; `split`: markers are listed apart, dates must settle the order. */
  readonly listOrder: ProfileFact<"interleaved" | "split">;
  /** The step of LastModified in a version listing. */
  readonly dateResolution: ProfileFact<"second" | "millisecond">;
  /** How version ids carry the time that they were made at, see `instantOfVersionId`. */
  readonly versionIdTime: ProfileFact<VersionIdTime>;
  /** Whether a client can forge LastModified, ETag or the bytes of a version: nothing but a hash proves anything then. */
  readonly historyForgeable: ProfileFact<boolean>;
  /** Whether the store computes a SHA-256 that it keeps from the bytes that it takes, so that nobody can give it another. */
  readonly recordedSha256: ProfileFact<boolean>;
  /**
   * `complete`: ListMultipartUploads names all that are open; `forgetful`: some may be missing from it, so that an empty
   * list says nothing; `none`: there is no such list.
   */
  readonly uploadListing: ProfileFact<"complete" | "forgetful" | "none">;
  /** Whose date a version has that came in parts. `initiation`: what is open now can be completed with an old date. */
  readonly uploadDate: ProfileFact<"completion" | "initiation">;
  /** Whether `encoding-type=url` is honoured in a version listing. */
  readonly urlEncoding: ProfileFact<boolean>;
  /** Largest object that one CopyObject moves, in bytes; 0: copies cannot be relied on, read and put instead. */
  readonly copyLimit: ProfileFact<number>;
  /** Whether the store can expire noncurrent versions by itself. */
  readonly lifecycle: ProfileFact<"noncurrent-days" | "none">;
  readonly objectLock: ProfileFact<"retention" | "none">;
  /** The form in which rights are written; `none`: a key cannot be kept from destroying. */
  readonly policyVocabulary: ProfileFact<"iam" | "bucket-policy" | "minio" | "capabilities" | "allow-list" | "none">;
}
