import {
  CopyObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type StorageClass,
} from "@aws-sdk/client-s3";
import { Failure } from "../../base/failure.ts";
import { instantFromMilliseconds } from "../../base/instant.ts";
import { objectKey, type ObjectKey } from "../../base/object-key.ts";
import { displayLocation } from "../../base/repository-location.ts";
import { versionId, type VersionId } from "../../base/version-id.ts";
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
import { deleteAll } from "./delete-batch.ts";
import { compareKeys, listVersionPages, type PageRequest } from "./list-versions.ts";
import { listOpenUploads } from "./open-uploads.ts";
import { readRecordedSha256 } from "./recorded-sha256.ts";
import { tryLifting } from "./try-lifting.ts";
import { wholeContent } from "./object-body.ts";
import { takeRawBody } from "./raw-body.ts";
import { openS3Clients, type S3Access, type S3Clients } from "./s3-client.ts";
import { codeOf, failureOfS3, headersOf, statusOf } from "./s3-failure.ts";
import { decodeUrl } from "./version-page.ts";

export interface S3StoreOptions extends S3Access {
  /** Rows a page of a listing; S3's own most is 1000. Smaller only in tests. */
  readonly pageSize?: number;
}

/** A bucket behind S3's protocol. Opens no connection until it is used. Fails with `config` when the CA file cannot be read. */
export function openS3Store(options: S3StoreOptions): PurgingStore {
  return new S3Store(options, openS3Clients(options));
}

class S3Store implements PurgingStore {
  readonly #options: S3StoreOptions;
  readonly #clients: S3Clients;
  readonly #bucket: string;

  constructor(options: S3StoreOptions, clients: S3Clients) {
    this.#options = options;
    this.#clients = clients;
    this.#bucket = options.location.bucket;
  }

  listVersions(prefix: string, from = ""): AsyncIterable<readonly HistoryRow[]> {
    return listVersionPages({
      bucket: this.#bucket,
      prefix,
      from,
      order: this.#options.profile.listOrder.value,
      fetchPage: async (request) => await this.#versionPage(request),
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
    const reply = await this.#get({ Key: key, ...(id === null ? {} : { VersionId: id }) }).catch((error: unknown) => {
      if (isAbsent(error)) return null;
      throw this.#failure("read", error, key);
    });
    if (reply === null) return null;
    const { body, size, made, etag } = this.#contentOf(reply, key);
    const same = made === undefined ? { IfMatch: etag } : { VersionId: made };
    const bytes = wholeContent(body, {
      size,
      readFrom: async (offset) => {
        const rest = await this.#attempt("read", key, () =>
          this.#get({ Key: key, Range: `bytes=${offset}-`, ...(id === null ? same : { VersionId: id }) }),
        );
        const more = this.#contentOf(rest, key);
        if (more.size === size - offset) return more.body;
        throw this.#misbehaves("read", `it was asked for bytes ${offset} to ${size} and sends ${more.size}`, key);
      },
      cutOff: (read) => this.#misbehaves("read", `only ${read} of its ${size} bytes come, every time`, key),
    });
    return { size, versionId: made === undefined ? null : versionId(made), bytes };
  }

  async #get(input: Omit<GetObjectCommandInput, "Bucket">): Promise<GetObjectCommandOutput> {
    return await this.#clients.reading.send(new GetObjectCommand({ Bucket: this.#bucket, ...input }));
  }

  #contentOf({ Body, ContentLength: size, VersionId: made, ETag: etag }: GetObjectCommandOutput, key: ObjectKey) {
    if (Body === undefined || size === undefined) {
      throw this.#misbehaves("read", "the reply has no body of a known length", key);
    }
    return { body: Body as AsyncIterable<Uint8Array>, size, made, etag };
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
    const { clock } = this.#options;
    const before = clock.now();
    const date = await this.#dateOfReply();
    const ours = instantFromMilliseconds((before + clock.now()) / 2);
    // A Date header is cut to the second: on average half of one is missing.
    return { store: instantFromMilliseconds(Date.parse(date) + 500), ours };
  }

  async put(key: ObjectKey, bytes: Uint8Array): Promise<{ readonly versionId: VersionId | null }> {
    const { VersionId: made } = await this.#put({ Key: key, Body: bytes });
    return { versionId: made === undefined ? null : versionId(made) };
  }

  async #put(input: { readonly Key: ObjectKey; readonly Body: Uint8Array; readonly StorageClass?: StorageClass }) {
    const command = new PutObjectCommand({ Bucket: this.#bucket, ContentLength: input.Body.length, ...input });
    return await this.#attempt("write", input.Key, () => this.#clients.writing.send(command));
  }

  async copyForward(version: ObjectVersion): Promise<void> {
    const { copyLimit } = this.#options.profile;
    if (copyLimit.value === 0 || (copyLimit.value !== null && version.size > copyLimit.value)) {
      await this.#readAndPut(version);
      return;
    }
    const { CopyObjectResult: copied } = await this.#attempt("copy forward", version.key, () =>
      this.#clients.writing.send(
        new CopyObjectCommand({
          Bucket: this.#bucket,
          Key: version.key,
          CopySource: `${encodePath(this.#bucket)}/${encodePath(version.key)}?versionId=${encodeURIComponent(version.versionId)}`,
          ...storageClassOf(version),
        }),
      ),
    );
    if (copied?.ETag === undefined)
      throw this.#misbehaves("copy forward", "the reply does not say that it was copied", version.key);
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
    return await this.#attempt(action, null, () =>
      deleteAll({ client: this.#clients.writing, bucket: this.#bucket, profile }, deletions),
    );
  }

  async #versionPage({ prefix, keyMarker, versionIdMarker }: PageRequest): Promise<string> {
    const { profile, pageSize } = this.#options;
    const command = new ListObjectVersionsCommand({
      Bucket: this.#bucket,
      Prefix: prefix,
      ...(keyMarker === null ? {} : { KeyMarker: keyMarker, VersionIdMarker: versionIdMarker ?? "" }),
      ...(profile.urlEncoding.value === false ? {} : { EncodingType: "url" }),
      ...(pageSize === undefined ? {} : { MaxKeys: pageSize }),
    });
    const raw = takeRawBody(command);
    return await this.#attempt("read the versions of", null, async () => {
      await this.#clients.reading.send(command);
      return raw.text();
    });
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

  /** The Date of any reply: a refusal has one too. */
  async #dateOfReply(): Promise<string> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: this.#options.location.prefix,
      MaxKeys: 1,
    });
    const raw = takeRawBody(command);
    const date = await this.#clients.reading.send(command).then(
      () => raw.headers()["date"],
      (error: unknown) => headersOf(error)["date"] ?? this.#rethrow("read the clock of", error),
    );
    if (date === undefined || Number.isNaN(Date.parse(date))) {
      throw this.#misbehaves("read the clock of", "its replies have no Date");
    }
    return date;
  }

  async #readAndPut(version: ObjectVersion): Promise<void> {
    const content = await this.read(version.key, version.versionId);
    if (content === null) throw this.#misbehaves("copy forward", "it is not there any more", version.key);
    const parts: Uint8Array[] = [];
    for await (const part of content.bytes) parts.push(part);
    await this.#put({ Key: version.key, Body: Buffer.concat(parts), ...storageClassOf(version) });
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

/** A key or version that is not there, or a marker: 404, and 405 for a marker that is asked for by its id. */
function isAbsent(error: unknown): boolean {
  if (error instanceof Failure || codeOf(error) === "NoSuchBucket") return false;
  return statusOf(error) === 404 || (statusOf(error) === 405 && codeOf(error) === "MethodNotAllowed");
}

/** A copy is stored in the default class unless it is told another. */
function storageClassOf({ storageClass }: ObjectVersion): { readonly StorageClass?: StorageClass } {
  return storageClass === null || storageClass === "STANDARD" ? {} : { StorageClass: storageClass as StorageClass };
}

function encodePath(text: string): string {
  return text.split("/").map(encodeURIComponent).join("/");
}
