import { createHash } from "node:crypto";
import type { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { Clock } from "../../src/base/clock.ts";
import { formatInstant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { BatchOutcome } from "../../src/store/versioned-store.ts";
import { currentPage, versionPage } from "./imitated-listing.ts";
import { ImitatedObjects, type StoredVersion } from "./imitated-objects.ts";
import { attributesFrom, header, sourceOf, type ObjectHabits } from "./imitated-requests.ts";
import { answerSetting } from "./imitated-settings.ts";
import { ImitatedUploads } from "./imitated-uploads.ts";
import { elementsNamed, escapeXml, textNamed, type Operation, type S3Request } from "./s3-wire.ts";
import { errorReply, type WireReply } from "./scripted-s3.ts";

type Answer = (request: S3Request) => WireReply | Promise<WireReply>;

/** One bucket behind S3's protocol, its versions in a memory store. */
export class ImitatedBucket {
  readonly #objects: ImitatedObjects;
  readonly #habits: ObjectHabits;
  readonly #clock: Clock;
  readonly #answers: Partial<Record<Operation, Answer>>;
  readonly #settings = new Map<string, string>();

  constructor(store: MemoryStore, clock: Clock, habits: ObjectHabits) {
    this.#clock = clock;
    this.#habits = habits;
    this.#objects = new ImitatedObjects(store, clock);
    const uploads = new ImitatedUploads(this.#objects, clock, habits);
    const setting: Answer = async (request) => await answerSetting(request, { store, texts: this.#settings });
    this.#answers = {
      HeadBucket: () => ({}),
      GetBucketLocation: () => ({ body: "<LocationConstraint/>" }),
      GetBucketVersioning: async () => await versioningReply(store),
      PutBucketVersioning: ({ body }) => this.#setVersioning(body.toString()),
      GetBucketSetting: setting,
      PutBucketSetting: setting,
      DeleteBucketSetting: setting,
      ListObjectVersions: async (request) => await this.#listVersions(request),
      ListObjectsV2: async (request) => await this.#listCurrent(request),
      DeleteObjects: async (request) => await this.#deleteBatch(request),
      GetObject: async (request) => await this.#get(request),
      HeadObject: async (request) => await this.#get(request),
      PutObject: async (request) => await this.#put(request),
      CopyObject: async (request) => await this.#copy(request),
      DeleteObject: async (request) => await this.#deleteOne(request),
      GetObjectTagging: async (request) => await this.#tags(request),
      PutObjectTagging: async (request) => await this.#setTags(request),
      CreateMultipartUpload: (request) => uploads.create(request),
      UploadPart: (request) => uploads.takePart(request),
      UploadPartCopy: async (request) => await uploads.copyPart(request),
      CompleteMultipartUpload: async (request) => await uploads.complete(request),
      AbortMultipartUpload: (request) => uploads.abort(request),
      ListParts: (request) => uploads.listParts(request),
      ListMultipartUploads: async (request) => await uploads.list(request),
    };
  }

  async answer(request: S3Request): Promise<WireReply> {
    const answer = this.#answers[request.operation];
    return answer === undefined ? errorReply(501, "NotImplemented") : await answer(request);
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#objects.rows("")).length === 0;
  }

  #setVersioning(xml: string): WireReply {
    const status = textNamed("Status", xml);
    if (status !== "Enabled" && status !== "Suspended") return errorReply(400, "MalformedXML");
    this.#objects.store.setVersioning(status === "Enabled" ? "enabled" : "suspended");
    return {};
  }

  async #listVersions({ query }: S3Request): Promise<WireReply> {
    if ((query.get("delimiter") ?? "") !== "") return errorReply(501, "NotImplemented");
    const rows = await this.#objects.rows(query.get("prefix") ?? "");
    const body = versionPage({ rows, query, habits: this.#habits });
    return body === null ? errorReply(400, "InvalidArgument") : { body };
  }

  async #listCurrent({ query }: S3Request): Promise<WireReply> {
    const rows = await this.#objects.rows(query.get("prefix") ?? "");
    const current = rows.filter((row) => row.isLatest && row.kind === "version");
    return { body: currentPage({ rows: current, query, habits: this.#habits }) };
  }

  async #get(request: S3Request): Promise<WireReply> {
    const id = request.query.get("versionId");
    const row = await this.#objects.row(request.key, id);
    if (row === null) return errorReply(404, id === null ? "NoSuchKey" : "NoSuchVersion");
    const seen = { "x-amz-version-id": row.versionId };
    if (row.kind === "marker") {
      const [status, code] = id === null ? ([404, "NoSuchKey"] as const) : ([405, "MethodNotAllowed"] as const);
      return errorReply(status, code, { ...seen, "x-amz-delete-marker": "true" });
    }
    const stored = await this.#objects.version(row);
    const isVersioned = (await this.#objects.store.versioning()) !== "off";
    return contentReply(stored, request, isVersioned ? seen : {});
  }

  async #put(request: S3Request): Promise<WireReply> {
    const isThere = (await this.#objects.row(request.key, null))?.kind === "version";
    if (header(request.headers, "if-none-match") === "*" && isThere) return errorReply(412, "PreconditionFailed");
    const algorithm = header(request.headers, "x-amz-sdk-checksum-algorithm");
    const hasSha256 = algorithm === "SHA256" || request.headers["x-amz-checksum-sha256"] !== undefined;
    const { id, etag } = await this.#objects.put(request.key, {
      ...attributesFrom(request),
      bytes: request.body,
      checksums: hasSha256 ? "SHA256" : null,
      etag: null,
      date: null,
    });
    return { headers: { etag: `"${etag}"`, ...(id === null ? {} : { "x-amz-version-id": id }) } };
  }

  async #copy(request: S3Request): Promise<WireReply> {
    const source = await sourceOf(request, this.#objects);
    if (!("row" in source)) return source;
    const given = attributesFrom(request);
    const isReplaced = header(request.headers, "x-amz-metadata-directive") === "REPLACE";
    const isRetagged = header(request.headers, "x-amz-tagging-directive") === "REPLACE";
    const { id, etag } = await this.#objects.put(request.key, {
      headers: isReplaced ? given.headers : source.headers,
      tags: isRetagged ? given.tags : source.tags,
      storageClass: given.storageClass,
      bytes: source.bytes,
      checksums: source.row.checksums,
      etag: null,
      date: null,
    });
    const made = id === null ? {} : { "x-amz-version-id": id };
    const date = formatInstant(this.#clock.now());
    const body = `<CopyObjectResult><LastModified>${date}</LastModified><ETag>&quot;${etag}&quot;</ETag></CopyObjectResult>`;
    return { headers: { ...made, "x-amz-copy-source-version-id": source.row.versionId }, body };
  }

  async #deleteOne({ key, query }: S3Request): Promise<WireReply> {
    const id = query.get("versionId");
    const { error, versionId, isMarker } = await this.#delete({ key, id, isBatch: false });
    if (error !== null) return errorReply(403, error.code);
    const marker = isMarker ? { "x-amz-delete-marker": "true" } : {};
    return { status: 204, headers: { ...marker, ...(versionId === null ? {} : { "x-amz-version-id": versionId }) } };
  }

  /** A batch must carry an integrity header, and is told entry by entry. */
  async #deleteBatch({ body, headers }: S3Request): Promise<WireReply> {
    const isGuarded = Object.keys(headers).some((name) => name === "content-md5" || name.startsWith("x-amz-checksum-"));
    if (!isGuarded) return errorReply(400, "InvalidRequest");
    const md5 = createHash("md5").update(body).digest("base64");
    if ((headers["content-md5"] ?? md5) !== md5) return errorReply(400, "BadDigest");
    const xml = body.toString();
    const entries = elementsNamed("Object", xml).map((entry) => ({
      key: textNamed("Key", entry) ?? "",
      id: textNamed("VersionId", entry),
    }));
    if (entries.length === 0 || entries.length > 1000) return errorReply(400, "MalformedXML");
    const isQuiet = textNamed("Quiet", xml) === "true";
    const told: string[] = [];
    for (const entry of entries) {
      const done = await this.#delete({ ...entry, isBatch: true });
      if (done.error !== null || !isQuiet) told.push(entryXml(entry, done));
    }
    return { body: `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${told.join("")}</DeleteResult>` };
  }

  async #delete({ key, id, isBatch }: Deletion): Promise<Deleted> {
    const { store } = this.#objects;
    if (id === null) {
      const { markers = "stacked" } = this.#habits;
      const stacks = markers === "stacked" || (isBatch && markers === "stacked in batches");
      const top = await this.#objects.row(key, null);
      if (!stacks && top?.kind === "marker") return { versionId: top.versionId, error: null, isMarker: true };
      const [outcome] = await store.hide([objectKey(key)]);
      const made = outcome?.versionId ?? null;
      return { versionId: made, error: null, isMarker: made !== null };
    }
    const row = await this.#objects.row(key, id);
    if (row === null) return { versionId: id, error: null, isMarker: false };
    // The memory store never gives a null version up, so neither does this one, where others would.
    if (id === "null") return { versionId: id, error: { code: "AccessDenied", message: "null" }, isMarker: false };
    await store.destroyVersions([row]);
    return { versionId: id, error: null, isMarker: row.kind === "marker" };
  }

  async #tags({ key, query }: S3Request): Promise<WireReply> {
    const row = await this.#objects.row(key, query.get("versionId"));
    if (row?.kind !== "version") return errorReply(404, "NoSuchKey");
    const { tags } = await this.#objects.version(row);
    const set = [...new URLSearchParams(tags)].map(([name, value]) => {
      return `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`;
    });
    return { body: `<Tagging><TagSet>${set.join("")}</TagSet></Tagging>` };
  }

  async #setTags({ key, query, body }: S3Request): Promise<WireReply> {
    const row = await this.#objects.row(key, query.get("versionId"));
    if (row?.kind !== "version") return errorReply(404, "NoSuchKey");
    const set = elementsNamed("Tag", body.toString()).map((xml): [string, string] => [
      textNamed("Key", xml) ?? "",
      textNamed("Value", xml) ?? "",
    ]);
    const { headers } = await this.#objects.version(row);
    this.#objects.setAttributes(row, { headers, tags: new URLSearchParams(set).toString() });
    return {};
  }
}

interface Deletion {
  readonly key: string;
  readonly id: string | null;
  readonly isBatch: boolean;
}

interface Deleted {
  readonly versionId: string | null;
  readonly error: BatchOutcome["error"];
  /** A marker was put or taken away. */
  readonly isMarker: boolean;
}

function entryXml({ key, id }: Omit<Deletion, "isBatch">, { error, versionId, isMarker }: Deleted): string {
  const asked = `<Key>${escapeXml(key)}</Key>${id === null ? "" : `<VersionId>${escapeXml(id)}</VersionId>`}`;
  if (error !== null) return `<Error>${asked}<Code>${error.code}</Code><Message>${error.message}</Message></Error>`;
  const marker = `<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>${versionId ?? ""}</DeleteMarkerVersionId>`;
  return `<Deleted>${asked}${isMarker ? marker : ""}</Deleted>`;
}

async function versioningReply(store: MemoryStore): Promise<WireReply> {
  const versioning = await store.versioning();
  if (versioning === "unsupported") return errorReply(501, "NotImplemented");
  const { versioning: told } = await store.settings();
  if (told.kind === "set" && told.value.excludedPrefixes.length > 0) return { body: told.value.text };
  const status = { enabled: "<Status>Enabled</Status>", suspended: "<Status>Suspended</Status>", off: "" }[versioning];
  return { body: `<VersioningConfiguration>${status}</VersioningConfiguration>` };
}

/** The bytes of a version or the range that is asked for, with all that is kept beside them. */
function contentReply(
  { row, bytes, headers: own, tags }: StoredVersion,
  { headers }: S3Request,
  seen: Readonly<Record<string, string>>,
): WireReply {
  const etag = `"${row.etag}"`;
  if ((header(headers, "if-match") ?? etag).replaceAll('"', "") !== row.etag)
    return errorReply(412, "PreconditionFailed");
  const digest = createHash("sha256").update(bytes).digest("base64");
  const wantsDigest =
    header(headers, "x-amz-checksum-mode") === "ENABLED" && row.checksums?.includes("SHA256") === true;
  const about = {
    ...own,
    ...seen,
    etag,
    "last-modified": new Date(row.lastModified).toUTCString(),
    "accept-ranges": "bytes",
    ...(row.storageClass === null || row.storageClass === "STANDARD"
      ? {}
      : { "x-amz-storage-class": row.storageClass }),
    ...(tags === "" ? {} : { "x-amz-tagging-count": new URLSearchParams(tags).size.toString() }),
    ...(wantsDigest ? { "x-amz-checksum-sha256": digest, "x-amz-checksum-type": "FULL_OBJECT" } : {}),
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  if (range === null) return { headers: about, body: bytes };
  const from = Number(range[1]);
  const to = Math.min(range[2] === "" ? Infinity : Number(range[2]), bytes.length - 1);
  if (from > to) return errorReply(416, "InvalidRange");
  const place = { "content-range": `bytes ${from}-${to}/${bytes.length}` };
  return { status: 206, headers: { ...about, ...place }, body: bytes.subarray(from, to + 1) };
}
