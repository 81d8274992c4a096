import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { VersionId } from "../base/version-id.ts";

interface Row {
  readonly key: ObjectKey;
  readonly versionId: VersionId;
  /** The store's word, as fine as the store keeps it; on MinIO a header can forge it. */
  readonly lastModified: Instant;
  /** What a read of the key without a version id answers with. */
  readonly isLatest: boolean;
  /** The id of the account that wrote it; null where the store does not say. */
  readonly owner: string | null;
}

/** One version of an object that has bytes. */
export interface ObjectVersion extends Row {
  readonly kind: "version";
  readonly size: number;
  /** Without its quotes; the MD5 of the bytes for what restic puts in one part, otherwise opaque. */
  readonly etag: string;
  readonly storageClass: string | null;
  /** The checksums that the store keeps of the whole object, `SHA256` among them; null where it does not say. */
  readonly checksums: string | null;
}

/** What a DELETE without a version id leaves: the key reads as absent, the versions below it stay. */
export interface DeleteMarker extends Row {
  readonly kind: "marker";
}

/** A row of a version listing. */
export type HistoryRow = ObjectVersion | DeleteMarker;

/** A row of a plain listing: what is current, markers left out. */
export interface CurrentObject {
  readonly key: ObjectKey;
  readonly lastModified: Instant;
  readonly size: number;
  readonly etag: string;
}
