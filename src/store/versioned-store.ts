import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { VersionId } from "../base/version-id.ts";
import type { BucketSettings, OpenUpload } from "./bucket-settings.ts";
import type { CurrentObject, DeleteMarker, HistoryRow, ObjectVersion } from "./object-version.ts";

/** `unsupported`: the store says that it has no versions at all (Garage answers 501 or an empty status). */
export type Versioning = "enabled" | "suspended" | "off" | "unsupported";

/** Two clocks at one moment, the network's delay halved between them. */
export interface ClockReading {
  readonly store: Instant;
  readonly ours: Instant;
}

export interface ObjectContent {
  readonly size: number;
  /** Null where the store does not say, as on a bucket without versions. */
  readonly versionId: VersionId | null;
  /**
   * Can be read once. Ends early only by throwing: a connection that breaks is taken up again where it was, and bytes
   * that stop short of `size` every time are a `store-misbehaves` failure.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What became of one entry of a batch. Stores answer 200 for the whole and refuse single entries, so each is told. */
export interface BatchOutcome {
  readonly key: ObjectKey;
  readonly versionId: VersionId | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/**
 * A bucket that keeps versions, as far as it can be read.
 *
 * For every method of the three grades: fails with `store-denied` when the store refuses the key, its token has expired
 * or its signature is wrong; `clock-skewed` when it refuses our time of day; `store-unreachable` when it does not answer
 * or its certificate is not trusted; `no-repository` when the bucket is not there; `store-misbehaves` when it answers
 * against its own protocol, or does not take a key's name. All of these name the bucket or the key. Only
 * `store-unreachable` may pass by itself.
 */
export interface ReadableStore {
  /**
   * Every version and marker whose key begins with `prefix` and does not stand below `from`, in the store's own order:
   * keys ascending by their UTF-8 bytes, within a key as the store serves them, newest first. In pages as the store gave
   * them, none of them empty; the next is asked for when it is wanted. Never ends early without throwing: a page that
   * does not move forward, is truncated without markers to go on from, or is cut is `store-misbehaves`.
   */
  listVersions(prefix: string, from?: string): AsyncIterable<readonly HistoryRow[]>;
  /** What is current under `prefix`, keys ascending. Needs no right to list versions. */
  listCurrent(prefix: string): AsyncIterable<CurrentObject>;
  /** The bytes of one version, or of the current one where `versionId` is null. Null where there is none, or a marker. */
  read(key: ObjectKey, versionId: VersionId | null): Promise<ObjectContent | null>;
  versioning(): Promise<Versioning>;
  /** What the bucket is set to, each setting for itself: one that may not be read is told, not thrown. */
  settings(): Promise<BucketSettings>;
  /** Multipart uploads under `prefix` that were begun and neither completed nor aborted; null where the store cannot tell. */
  openUploads(prefix: string): Promise<readonly OpenUpload[] | null>;
  /**
   * The SHA-256, in hex, of all bytes of a version as the store itself computed it when it took them. Null where it keeps
   * none, where it is of parts, and where the profile does not say that the store vouches for it.
   */
  recordedSha256(version: ObjectVersion): Promise<string | null>;
  /** From the Date of a reply; a refusal has one too, so this works with any key. */
  readClock(): Promise<ClockReading>;
}

/** Adds what a rollback may do. Nothing here removes a data version. */
export interface RestorableStore extends ReadableStore {
  /** Not idempotent on a versioned bucket: each call adds a version. */
  put(key: ObjectKey, bytes: Uint8Array): Promise<{ readonly versionId: VersionId | null }>;
  /**
   * Puts the bytes of an older version on top of its key, inside the store where it can, with its metadata, tags and
   * storage class. Any size. Repeating it adds another twin. Gives the id of what it made; null where the store does not say.
   */
  copyForward(version: ObjectVersion): Promise<{ readonly versionId: VersionId | null }>;
  /** Puts a delete marker on each key. Repeating it may stack markers. Any number of keys; one outcome each, in no given order. */
  hide(keys: readonly ObjectKey[]): Promise<readonly BatchOutcome[]>;
  /** Removes delete markers by their id. Lifting one that is gone is no error. Ids of `null` are refused, not sent. */
  liftMarkers(markers: readonly DeleteMarker[]): Promise<readonly BatchOutcome[]>;
  /** Whether this key may lift delete markers under `prefix`: tried on a version of a canary that never was. Writes nothing. */
  mayLiftMarkers(prefix: string): Promise<boolean>;
  /** Idempotent: asks first, and writes nothing where it is on. The store may take a while to begin; `versioning` tells what it says by then. */
  enableVersioning(): Promise<void>;
}

/** Adds what destroys. For purge, and for tests that clean up; the rollback is given `restorable` of it. */
export interface PurgingStore extends RestorableStore {
  /** Destroys versions and markers by id, for good. Ids of `null` are refused, not sent. */
  destroyVersions(rows: readonly HistoryRow[]): Promise<readonly BatchOutcome[]>;
}
