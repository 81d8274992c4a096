import { createHash } from "node:crypto";
import type { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId, type VersionId } from "../../src/base/version-id.ts";
import type { HistoryRow, ObjectVersion } from "../../src/store/object-version.ts";

/** What goes with the bytes of a version. */
export interface Attributes {
  /** Content-Type and its kin, and x-amz-meta-…, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As in x-amz-tagging: `a=1&b=2`; empty for none. */
  readonly tags: string;
}

export interface StoredVersion extends Attributes {
  readonly row: ObjectVersion;
  readonly bytes: Buffer;
}

interface NewVersion extends Attributes {
  readonly bytes: Uint8Array;
  readonly storageClass: string | null;
  /** `SHA256` where the store is to keep one. */
  readonly checksums: string | null;
  /** Of a multipart upload; null for the MD5 of the bytes. */
  readonly etag: string | null;
  /** Null for now. */
  readonly date: Instant | null;
}

const noAttributes: Attributes = { headers: {}, tags: "" };

/**
 * The versions of one bucket: a memory store, which a test may fill and look into, and what that does not keep, the
 * metadata and tags of what came over the wire.
 */
export class ImitatedObjects {
  readonly store: MemoryStore;
  readonly #clock: Clock;
  readonly #attributes = new Map<string, Attributes>();
  #written = 0;

  constructor(store: MemoryStore, clock: Clock) {
    this.store = store;
    this.#clock = clock;
  }

  /** All rows under the prefix, keys ascending, newest first. */
  async rows(prefix: string): Promise<readonly HistoryRow[]> {
    const pages: (readonly HistoryRow[])[] = [];
    for await (const page of this.store.listVersions(prefix)) pages.push(page);
    return pages.flat();
  }

  /** The row that a request means, with an id or the latest. */
  async row(key: string, id: string | null): Promise<HistoryRow | null> {
    const rows = await this.rows(key);
    return rows.find((row) => row.key === key && (id === null ? row.isLatest : row.versionId === id)) ?? null;
  }

  async version(row: ObjectVersion): Promise<StoredVersion> {
    const content = await this.store.read(row.key, row.versionId);
    const parts: Uint8Array[] = [];
    if (content !== null) for await (const part of content.bytes) parts.push(part);
    return { row, bytes: Buffer.concat(parts), ...this.#attributesOf(row) };
  }

  /** Null where the bucket keeps no versions and an id would mean nothing. */
  async put(name: string, made: NewVersion): Promise<{ readonly id: VersionId | null; readonly etag: string }> {
    const versioning = await this.store.versioning();
    const id = versionId(versioning === "enabled" ? this.#nextId() : "null");
    const etag = made.etag ?? createHash("md5").update(made.bytes).digest("hex");
    const { bytes, storageClass, checksums, date } = made;
    const row: Omit<ObjectVersion, "isLatest"> = {
      kind: "version",
      key: objectKey(name),
      versionId: id,
      lastModified: date ?? this.#clock.now(),
      owner: "owner",
      size: bytes.length,
      etag,
      storageClass: storageClass ?? "STANDARD",
      checksums,
    };
    this.store.inject(row, bytes);
    this.setAttributes(row, { headers: made.headers, tags: made.tags });
    return { id: versioning === "enabled" || versioning === "suspended" ? id : null, etag };
  }

  setAttributes({ key, versionId: id }: Pick<HistoryRow, "key" | "versionId">, attributes: Attributes): void {
    this.#attributes.set(JSON.stringify([key, id]), attributes);
  }

  #attributesOf({ key, versionId: id }: HistoryRow): Attributes {
    return this.#attributes.get(JSON.stringify([key, id])) ?? noAttributes;
  }

  /** Unlike the ids that the memory store makes itself, so that both may write. */
  #nextId(): string {
    this.#written += 1;
    const order = this.#written.toString(16).padStart(8, "0");
    return `${order}-${createHash("sha256").update(order).digest("hex").slice(0, 16)}`;
  }
}
