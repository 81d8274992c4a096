import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { Failure } from "../../base/failure.ts";
import type { ObjectKey } from "../../base/object-key.ts";
import { isNullVersion, versionId, type VersionId } from "../../base/version-id.ts";
import type { BucketSettings, OpenUpload } from "../../store/bucket-settings.ts";
import type { CurrentObject, DeleteMarker, HistoryRow, ObjectVersion } from "../../store/object-version.ts";
import type {
  BatchOutcome,
  ClockReading,
  ObjectContent,
  PurgingStore,
  Versioning,
} from "../../store/versioned-store.ts";

/** A row with its bytes; a marker has none. */
interface Entry {
  readonly row: HistoryRow;
  readonly bytes: Uint8Array;
}

/**
 * A bucket in memory that behaves as a versioned S3 bucket does. Where stores differ: deletes stack markers, as MinIO's
 * batches do, and dates are in milliseconds. Held to the same conformance suite as the real stores.
 */
export class MemoryStore implements PurgingStore {
  readonly #clock: Clock;
  #versioning: Versioning;
  #entries = new Map<ObjectKey, readonly Entry[]>();
  #written = 0;
  #settings: BucketSettings = nothingSet;
  #uploads: readonly OpenUpload[] = [];
  #isLiftingDenied = false;

  constructor(clock: Clock, versioning: Versioning = "enabled") {
    this.#clock = clock;
    this.#versioning = versioning;
  }

  /** A bucket with the same history that goes its own way from here. */
  clone(): MemoryStore {
    const copy = new MemoryStore(this.#clock, this.#versioning);
    copy.#entries = new Map(this.#entries);
    copy.#written = this.#written;
    copy.#settings = this.#settings;
    copy.#uploads = this.#uploads;
    copy.#isLiftingDenied = this.#isLiftingDenied;
    return copy;
  }

  /** Puts a row on top of its key's history as it stands, whatever its id and date: for histories that a test sets up. */
  inject(
    row: Omit<ObjectVersion, "isLatest"> | Omit<DeleteMarker, "isLatest">,
    bytes: Uint8Array = new Uint8Array(),
  ): void {
    this.#push({ row: { ...row, isLatest: true }, bytes });
  }

  /** What an operator, or an intruder with the right, sets the bucket to. */
  setSettings(settings: Partial<BucketSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Multipart uploads that somebody has begun. */
  setOpenUploads(uploads: readonly OpenUpload[]): void {
    this.#uploads = uploads;
  }

  /** From now on the key may delete no version and no marker by its id: each entry of a batch is refused. */
  denyLifting(): void {
    this.#isLiftingDenied = true;
  }

  /** What an operator, or an intruder with the right, does to the bucket. */
  setVersioning(versioning: Versioning): void {
    this.#versioning = versioning;
  }

  async *listVersions(prefix: string, from = ""): AsyncIterable<readonly HistoryRow[]> {
    let page: HistoryRow[] = [];
    for (const key of await Promise.resolve(this.#keys(prefix))) {
      if (compareBytes(key, from) < 0) continue;
      for (const { row } of this.#entries.get(key) ?? []) {
        page.push(row);
        if (page.length < pageSize) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  async *listCurrent(prefix: string): AsyncIterable<CurrentObject> {
    for (const key of await Promise.resolve(this.#keys(prefix))) {
      const row = this.#entries.get(key)?.[0]?.row;
      if (row?.kind !== "version") continue;
      yield { key, lastModified: row.lastModified, size: row.size, etag: row.etag };
    }
  }

  read(key: ObjectKey, id: VersionId | null): Promise<ObjectContent | null> {
    const entries = this.#entries.get(key) ?? [];
    const entry = id === null ? entries[0] : entries.find(({ row }) => row.versionId === id);
    if (entry?.row.kind !== "version") return Promise.resolve(null);
    return Promise.resolve({ size: entry.bytes.length, versionId: entry.row.versionId, bytes: once(entry.bytes) });
  }

  versioning(): Promise<Versioning> {
    return Promise.resolve(this.#versioning);
  }

  settings(): Promise<BucketSettings> {
    const isTold = this.#settings.versioning.kind !== "none";
    return Promise.resolve(
      isTold ? this.#settings : { ...this.#settings, versioning: versioningText(this.#versioning) },
    );
  }

  openUploads(prefix: string): Promise<readonly OpenUpload[] | null> {
    return Promise.resolve(this.#uploads.filter(({ key }) => key.startsWith(prefix)));
  }

  recordedSha256(version: ObjectVersion): Promise<string | null> {
    if (version.checksums?.includes("SHA256") !== true) return Promise.resolve(null);
    const entry = this.#entries.get(version.key)?.find(({ row }) => row.versionId === version.versionId);
    return Promise.resolve(entry === undefined ? null : createHash("sha256").update(entry.bytes).digest("hex"));
  }

  readClock(): Promise<ClockReading> {
    const now = this.#clock.now();
    return Promise.resolve({ store: now, ours: now });
  }

  put(key: ObjectKey, bytes: Uint8Array): Promise<{ readonly versionId: VersionId | null }> {
    const row: ObjectVersion = {
      kind: "version",
      key,
      versionId: this.#nextId(),
      lastModified: this.#clock.now(),
      isLatest: true,
      size: bytes.length,
      etag: createHash("md5").update(bytes).digest("hex"),
      storageClass: "STANDARD",
      owner: "owner",
      checksums: null,
    };
    this.#push({ row, bytes: bytes.slice() });
    const isKept = this.#versioning === "enabled" || this.#versioning === "suspended";
    return Promise.resolve({ versionId: isKept ? row.versionId : null });
  }

  async copyForward(version: ObjectVersion): Promise<{ readonly versionId: VersionId | null }> {
    const entry = this.#entries.get(version.key)?.find(({ row }) => row.versionId === version.versionId);
    if (entry?.row.kind !== "version") {
      throw new Failure({
        kind: "store-misbehaves",
        action: "copy forward",
        subject: version.key,
        problem: "it is not there any more",
        hint: "the bucket has changed since it was listed: plan again",
      });
    }
    return await this.put(version.key, entry.bytes);
  }

  hide(keys: readonly ObjectKey[]): Promise<readonly BatchOutcome[]> {
    return Promise.resolve(keys.map((key) => this.#hideOne(key)));
  }

  liftMarkers(markers: readonly DeleteMarker[]): Promise<readonly BatchOutcome[]> {
    return this.destroyVersions(markers);
  }

  mayLiftMarkers(): Promise<boolean> {
    return Promise.resolve(!this.#isLiftingDenied);
  }

  enableVersioning(): Promise<void> {
    this.#versioning = "enabled";
    return Promise.resolve();
  }

  destroyVersions(rows: readonly HistoryRow[]): Promise<readonly BatchOutcome[]> {
    const refused = rows.find((row) => isNullVersion(row.versionId));
    if (refused !== undefined) return Promise.reject(nullRefused(refused.key));
    return Promise.resolve(rows.map((row) => this.#destroyOne(row)));
  }

  #hideOne(key: ObjectKey): BatchOutcome {
    const isKept = this.#versioning === "enabled" || this.#versioning === "suspended";
    if (!isKept) {
      this.#entries.delete(key);
      return { key, versionId: null, error: null };
    }
    const id = this.#nextId();
    this.#push({
      row: { kind: "marker", key, versionId: id, lastModified: this.#clock.now(), isLatest: true, owner: "owner" },
      bytes: new Uint8Array(),
    });
    return { key, versionId: id, error: null };
  }

  #destroyOne({ key, versionId: id }: HistoryRow): BatchOutcome {
    if (this.#isLiftingDenied) {
      return { key, versionId: id, error: { code: "AccessDenied", message: "may delete no version" } };
    }
    const left = (this.#entries.get(key) ?? []).filter(({ row }) => row.versionId !== id);
    this.#set(key, left);
    return { key, versionId: id, error: null };
  }

  /** Without versioning, and while it is suspended, everything is written as `null` over the `null` before it. */
  #nextId(): VersionId {
    if (this.#versioning !== "enabled") return versionId("null");
    this.#written += 1;
    return versionId(`v${this.#written.toString().padStart(8, "0")}`);
  }

  #push(entry: Entry): void {
    const { key, versionId: id } = entry.row;
    const below = (this.#entries.get(key) ?? []).filter(({ row }) => !isNullVersion(id) || row.versionId !== id);
    this.#set(key, [entry, ...below]);
  }

  #set(key: ObjectKey, entries: readonly Entry[]): void {
    if (entries.length === 0) {
      this.#entries.delete(key);
      return;
    }
    this.#entries.set(
      key,
      entries.map(({ row, bytes }, index) => ({ row: { ...row, isLatest: index === 0 }, bytes })),
    );
  }

  #keys(prefix: string): readonly ObjectKey[] {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix));
    return keys.sort(compareBytes);
  }
}

/** Rows a page, as S3 has it. */
const pageSize = 1000;

const none = { kind: "none" } as const;
const nothingSet: BucketSettings = {
  lifecycle: none,
  policy: none,
  objectLock: none,
  replication: none,
  encryption: none,
  versioning: none,
};

function versioningText(versioning: Versioning): BucketSettings["versioning"] {
  if (versioning === "unsupported") return { kind: "unsupported" };
  if (versioning === "off") return none;
  const status = versioning === "enabled" ? "Enabled" : "Suspended";
  const text = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  return { kind: "set", value: { text, excludedPrefixes: [] } };
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Every adapter refuses an id of `null` with this, before anything is sent. */
function nullRefused(key: ObjectKey): Failure {
  return new Failure({
    kind: "refused",
    action: "delete a version of",
    subject: key,
    problem: "its version id is null: it was written while versioning was not Enabled",
    hint: "turn versioning on and leave this version where it is",
  });
}
