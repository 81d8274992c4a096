import {
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { Failure } from "../../base/failure.ts";
import { instantFromMilliseconds } from "../../base/instant.ts";
import { objectKey, type ObjectKey } from "../../base/object-key.ts";
import { displayLocation } from "../../base/repository-location.ts";
import { versionId, type VersionId } from "../../base/version-id.ts";
import { compareKeys } from "../../history/key-history.ts";
import type { BucketSettings, OpenUpload } from "../../store/bucket-settings.ts";
import type { CurrentObject, DeleteMarker, HistoryRow, ObjectVersion } from "../../store/object-version.ts";
import type {
  BatchOutcome,
  ClockReading,
  ObjectContent,
  PurgingStore,
  Versioning,
} from "../../store/versioned-store.ts";
import { readBucketSettings } from "./bucket-settings.ts";
import { copyInParts } from "./copy-in-parts.ts";
import { copyObject } from "./copy-object.ts";
import { deleteAll } from "./delete-batch.ts";
import { listVersionPages, type PageRequest } from "./list-versions.ts";
import { listOpenUploads } from "./open-uploads.ts";
import { PageBuffers } from "./page-buffers.ts";
import { readAndPut } from "./read-and-put.ts";
import { readObject } from "./read-object.ts";
import { readRecordedSha256 } from "./recorded-sha256.ts";
import { openConnection, openS3Clients, type S3Access, type S3Clients } from "./s3-client.ts";
import { codeOf, failureOfS3, headersOf, statusOf } from "./s3-failure.ts";
import { openTransport, type S3Transport } from "./s3-transport.ts";
import { tryLifting } from "./try-lifting.ts";
import { decodeUrl } from "./version-page.ts";

/** As many as a store has usually under way; a page has some 500 KB. */
const mostPagesKept = 16;
/** S3's own: the largest object that one CopyObject moves, in bytes. */
const usualCopyLimit = 5 * 1024 ** 3;

export interface S3StoreOptions extends S3Access {
  /** Rows a page of a listing; S3's own most is 1000. Smaller only in tests. */
  readonly pageSize?: number;
}

/** A bucket behind S3's protocol. Opens no connection until it is used. Fails with `config` when the CA file cannot be read. */
export function openS3Store(options: S3StoreOptions): PurgingStore {
  const connection = openConnection(options);
  return new S3Store(options, openS3Clients(options, connection), openTransport(options, connection));
}

class S3Store implements PurgingStore {
  readonly #options: S3StoreOptions;
  readonly #clients: S3Clients;
  readonly #transport: S3Transport;
  readonly #pages = new PageBuffers(mostPagesKept);
  readonly #bucket: string;

  constructor(options: S3StoreOptions, clients: S3Clients, transport: S3Transport) {
    this.#options = options;
    this.#clients = clients;
    this.#transport = transport;
    this.#bucket = options.location.bucket;
  }

  listVersions(prefix: string, from = ""): AsyncIterable<readonly HistoryRow[]> {
    return listVersionPages({
      bucket: this.#bucket,
      prefix,
      from,
      order: this.#options.profile.listOrder.value,
      fetchPage: async (request) => await this.#versionPage(request),
      release: (page) => this.#pages.giveBack(page),
    });
  }

  async *listCurrent(prefix: string): AsyncIterable<CurrentObject> {
    let token: string | undefined;
    let last = "";
    do {
      const page = await this.#attempt("list the objects of", null, () => this.#currentPage(prefix, token));
      for (const object of page.objects) {
        if (compareKeys(object.key, last) <= 0 && last !== "") {
          throw this.#misbehaves("list the objects of", `the listing goes back from "${last}" to "${object.key}"`);
        }
        last = object.key;
        yield object;
      }
      if (page.isTruncated && (page.next === undefined || page.next === token)) {
        throw this.#misbehaves("list the objects of", "a page says that more follows and not from where");
      }
      token = page.isTruncated ? page.next : undefined;
    } while (token !== undefined);
  }

  async read(key: ObjectKey, id: VersionId | null): Promise<ObjectContent | null> {
    try {
      const failure = (error: unknown): Failure => this.#failure("read", error, key);
      return await readObject(this.#transport, { key, versionId: id, failure });
    } catch (error) {
      throw this.#failure("read", error, key);
    }
  }

  async versioning(): Promise<Versioning> {
    const known = this.#options.profile.versioning.value;
    if (known === "none") return "unsupported";
    try {
      const { Status: status } = await this.#clients.reading.send(
        new GetBucketVersioningCommand({ Bucket: this.#bucket }),
      );
      if (status === "Enabled") return "enabled";
      if (status === "Suspended") return "suspended";
      return known === "always" ? "enabled" : "off";
    } catch (error) {
      if (codeOf(error) === "NotImplemented" || statusOf(error) === 501) return "unsupported";
      throw this.#failure("read the versioning of", error, null);
    }
  }

  async settings(): Promise<BucketSettings> {
    return await readBucketSettings(this.#options, this.#clients.reading);
  }

  async openUploads(prefix: string): Promise<readonly OpenUpload[] | null> {
    return await listOpenUploads(this.#options, { client: this.#clients.reading, prefix });
  }

  async recordedSha256(version: ObjectVersion): Promise<string | null> {
    return await readRecordedSha256(this.#options, { client: this.#clients.reading, version });
  }

  async readClock(): Promise<ClockReading> {
    return this.#transport.clockOfReplies() ?? (await this.#askForClock());
  }

  async put(key: ObjectKey, bytes: Uint8Array): Promise<{ readonly versionId: VersionId | null }> {
    const command = new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: bytes, ContentLength: bytes.length });
    const { VersionId: made } = await this.#attempt("write", key, () => this.#clients.writing.send(command));
    return { versionId: made === undefined ? null : versionId(made) };
  }

  async copyForward(version: ObjectVersion): Promise<{ readonly versionId: VersionId | null }> {
    const limit = this.#options.profile.copyLimit.value ?? usualCopyLimit;
    return await this.#attempt("copy forward", version.key, async () => {
      const request = { client: this.#clients.writing, version };
      if (limit !== 0 && version.size <= limit) return await copyObject(this.#transport, this.#bucket, version);
      if (limit === 0) await readAndPut(this.#options, request);
      else await copyInParts(this.#options, request);
      return { versionId: null };
    });
  }

  async hide(keys: readonly ObjectKey[]): Promise<readonly BatchOutcome[]> {
    return await this.#delete(
      "hide objects of",
      keys.map((key) => ({ key, versionId: null })),
    );
  }

  async liftMarkers(markers: readonly DeleteMarker[]): Promise<readonly BatchOutcome[]> {
    return await this.#delete("lift delete markers of", markers);
  }

  async mayLiftMarkers(prefix: string): Promise<boolean> {
    return await tryLifting(this.#options, { client: this.#clients.writing, prefix });
  }

  async enableVersioning(): Promise<void> {
    // MinIO takes this for a bucket that is not there; asking first tells it, and asks less of a key where it is on.
    if ((await this.versioning()) === "enabled") return;
    await this.#attempt("turn versioning on for", null, () =>
      this.#clients.writing.send(
        new PutBucketVersioningCommand({ Bucket: this.#bucket, VersioningConfiguration: { Status: "Enabled" } }),
      ),
    );
  }

  async destroyVersions(rows: readonly HistoryRow[]): Promise<readonly BatchOutcome[]> {
    return await this.#delete("destroy versions of", rows);
  }

  async #delete(
    action: string,
    rows: readonly { readonly key: ObjectKey; readonly versionId: VersionId | null }[],
  ): Promise<readonly BatchOutcome[]> {
    const { profile } = this.#options;
    const deletions = rows.map((row) => ({ key: row.key, versionId: row.versionId }));
    return await this.#attempt(action, null, () => deleteAll({ transport: this.#transport, profile }, deletions));
  }

  async #versionPage({ prefix, keyMarker, versionIdMarker }: PageRequest): Promise<Buffer> {
    const { profile, pageSize } = this.#options;
    const query = {
      versions: "",
      prefix,
      ...(keyMarker === null ? {} : { "key-marker": keyMarker }),
      ...(versionIdMarker === null ? {} : { "version-id-marker": versionIdMarker }),
      ...(profile.urlEncoding.value === false ? {} : { "encoding-type": "url" }),
      ...(pageSize === undefined ? {} : { "max-keys": pageSize.toString() }),
    };
    const request = { operation: "ListObjectVersions", method: "GET", key: null, query } as const;
    const { body } = await this.#attempt("read the versions of", null, () =>
      this.#transport.read(request, { into: this.#pages }),
    );
    return body;
  }

  async #currentPage(prefix: string, token: string | undefined): Promise<CurrentPage> {
    const { profile, pageSize } = this.#options;
    const reply = await this.#clients.reading.send(
      new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
        ...(profile.urlEncoding.value === false ? {} : { EncodingType: "url" }),
        ...(pageSize === undefined ? {} : { MaxKeys: pageSize }),
      }),
    );
    if (reply.IsTruncated === undefined) {
      throw this.#misbehaves("list the objects of", "a page does not say whether more follows");
    }
    const isEncoded = reply.EncodingType === "url";
    const objects = (reply.Contents ?? []).map((each): CurrentObject => {
      const { Key: key = "", LastModified: date, Size: size, ETag: etag = "" } = each;
      if (key === "" || date === undefined || size === undefined) {
        throw this.#misbehaves("list the objects of", `a row has no key, date or size ("${key}")`);
      }
      return {
        key: objectKey(isEncoded ? decodeUrl(key) : key),
        lastModified: instantFromMilliseconds(date.getTime()),
        size,
        etag: etag.replace(/^"|"$/g, ""),
      };
    });
    return { objects, isTruncated: reply.IsTruncated, next: reply.NextContinuationToken };
  }

  /** By the Date of any reply: a refusal has one too. */
  async #askForClock(): Promise<ClockReading> {
    const { clock, location } = this.#options;
    const before = clock.now();
    const query = { "list-type": "2", prefix: location.prefix, "max-keys": "1" };
    const date = await this.#transport.read({ operation: "ListObjectsV2", method: "GET", key: null, query }).then(
      ({ headers }) => headers["date"],
      (error: unknown) => headersOf(error)["date"] ?? this.#rethrow("read the clock of", error),
    );
    if (date === undefined || Number.isNaN(Date.parse(date))) {
      throw this.#misbehaves("read the clock of", "its replies have no Date");
    }
    const ours = instantFromMilliseconds((before + clock.now()) / 2);
    return { store: instantFromMilliseconds(Date.parse(date) + 500), ours };
  }

  async #attempt<T>(action: string, key: ObjectKey | null, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw this.#failure(action, error, key);
    }
  }

  #rethrow(action: string, error: unknown): never {
    throw this.#failure(action, error, null);
  }

  #failure(action: string, error: unknown, key: ObjectKey | null): Failure {
    const { location, credentials } = this.#options;
    return failureOfS3(error, { action, subject: key ?? displayLocation(location), location, credentials });
  }

  #misbehaves(action: string, problem: string, key?: ObjectKey): Failure {
    return new Failure({
      kind: "store-misbehaves",
      action,
      subject: key ?? displayLocation(this.#options.location),
      problem,
      hint: "run it again; if it stays so report it with the store's name and release",
    });
  }
}

interface CurrentPage {
  readonly objects: readonly CurrentObject[];
  readonly isTruncated: boolean;
  readonly next: string | undefined;
}
