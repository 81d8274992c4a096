import { createHash } from "node:crypto";
import type { Clock } from "../../src/base/clock.ts";
import type { Instant } from "../../src/base/instant.ts";
import { formatInstant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { ImitatedObjects, StoredVersion } from "./imitated-objects.ts";
import { attributesFrom, sourceOf, type ObjectHabits } from "./imitated-requests.ts";
import { elementsNamed, escapeXml, textNamed, type S3Request } from "./s3-wire.ts";
import { errorReply, type WireReply } from "./scripted-s3.ts";

interface Upload {
  readonly key: string;
  readonly initiated: Instant;
  readonly request: S3Request;
  readonly parts: Map<number, Buffer>;
}

const leastPart = 5 * 1024 * 1024;

/** Multipart uploads of one bucket. What is under way stands in the memory store's `openUploads` too. */
export class ImitatedUploads {
  readonly #objects: ImitatedObjects;
  readonly #clock: Clock;
  readonly #habits: ObjectHabits;
  readonly #uploads = new Map<string, Upload>();
  #begun = 0;

  constructor(objects: ImitatedObjects, clock: Clock, habits: ObjectHabits) {
    this.#objects = objects;
    this.#clock = clock;
    this.#habits = habits;
  }

  create(request: S3Request): WireReply {
    const { bucket, key } = request;
    this.#begun += 1;
    const id = `upload-${this.#begun.toString().padStart(6, "0")}`;
    this.#uploads.set(id, { key, initiated: this.#clock.now(), request, parts: new Map() });
    this.#tell();
    const body = `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;
    return { body };
  }

  takePart(request: S3Request): WireReply {
    const upload = this.#uploadOf(request);
    if (upload === undefined) return noSuchUpload;
    upload.parts.set(Number(request.query.get("partNumber")), request.body);
    return { headers: { etag: `"${md5(request.body)}"` } };
  }

  async copyPart(request: S3Request): Promise<WireReply> {
    const upload = this.#uploadOf(request);
    if (upload === undefined) return noSuchUpload;
    const source = await sourceOf(request, this.#objects);
    if (!("row" in source)) return source;
    const part = rangeOf(source, request);
    if (part === null) return errorReply(416, "InvalidRange");
    upload.parts.set(Number(request.query.get("partNumber")), part);
    const date = formatInstant(this.#clock.now());
    const body = `<CopyPartResult><LastModified>${date}</LastModified><ETag>&quot;${md5(part)}&quot;</ETag></CopyPartResult>`;
    return { headers: { "x-amz-copy-source-version-id": source.row.versionId }, body };
  }

  async complete(request: S3Request): Promise<WireReply> {
    const upload = this.#uploadOf(request);
    if (upload === undefined) return noSuchUpload;
    const named = elementsNamed("Part", request.body.toString()).map((xml) => ({
      part: upload.parts.get(Number(textNamed("PartNumber", xml))),
      etag: textNamed("ETag", xml)?.replaceAll('"', ""),
    }));
    const parts = named.flatMap(({ part, etag }) => (part !== undefined && md5(part) === etag ? [part] : []));
    if (named.length === 0 || parts.length < named.length) return errorReply(400, "InvalidPart");
    if (parts.slice(0, -1).some((part) => part.length < leastPart)) return errorReply(400, "EntityTooSmall");
    const digests = Buffer.concat(parts.map((part) => createHash("md5").update(part).digest()));
    const { id, etag } = await this.#objects.put(upload.key, {
      ...attributesFrom(upload.request),
      bytes: Buffer.concat(parts),
      checksums: null,
      etag: `${md5(digests)}-${parts.length}`,
      date: this.#habits.uploadDate === "initiation" ? upload.initiated : null,
    });
    this.abort(request);
    const body = `<CompleteMultipartUploadResult><Bucket>${request.bucket}</Bucket><Key>${escapeXml(upload.key)}</Key><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`;
    return { headers: id === null ? {} : { "x-amz-version-id": id }, body };
  }

  abort(request: S3Request): WireReply {
    if (this.#uploadOf(request) === undefined) return noSuchUpload;
    this.#uploads.delete(request.query.get("uploadId") ?? "");
    this.#tell();
    return { status: 204 };
  }

  listParts(request: S3Request): WireReply {
    const upload = this.#uploadOf(request);
    if (upload === undefined) return noSuchUpload;
    const parts = [...upload.parts]
      .sort(([a], [b]) => a - b)
      .map(([number, part]) => {
        return `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${md5(part)}&quot;</ETag><Size>${part.length}</Size></Part>`;
      });
    return { body: `<ListPartsResult><IsTruncated>false</IsTruncated>${parts.join("")}</ListPartsResult>` };
  }

  /** All that the memory store says is open: what came over the wire, and what a test put there. */
  async list({ query }: S3Request): Promise<WireReply> {
    const open = (await this.#objects.store.openUploads(query.get("prefix") ?? "")) ?? [];
    const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
    const left = open
      .filter(({ key, uploadId }) => {
        if (key !== keyMarker) return compare(key, keyMarker) > 0;
        return idMarker !== "" && compare(uploadId, idMarker) > 0;
      })
      .sort((a, b) => compare(a.key, b.key) || compare(a.uploadId, b.uploadId));
    const page = left.slice(0, Number(query.get("max-uploads") ?? 1000));
    const last = page.at(-1);
    const isTruncated = page.length < left.length;
    const next = `<NextKeyMarker>${escapeXml(last?.key ?? "")}</NextKeyMarker><NextUploadIdMarker>${last?.uploadId ?? ""}</NextUploadIdMarker>`;
    const rows = page.map(({ key, uploadId, initiated }) => {
      return `<Upload><Key>${escapeXml(key)}</Key><UploadId>${uploadId}</UploadId><Initiated>${formatInstant(initiated)}</Initiated></Upload>`;
    });
    const body = `<ListMultipartUploadsResult><IsTruncated>${isTruncated}</IsTruncated>${isTruncated ? next : ""}${rows.join("")}</ListMultipartUploadsResult>`;
    return { body };
  }

  #uploadOf({ key, query }: S3Request): Upload | undefined {
    const upload = this.#uploads.get(query.get("uploadId") ?? "");
    return upload?.key === key ? upload : undefined;
  }

  #tell(): void {
    this.#objects.store.setOpenUploads(
      [...this.#uploads].map(([uploadId, { key, initiated }]) => ({ key: objectKey(key), uploadId, initiated })),
    );
  }
}

const noSuchUpload = errorReply(404, "NoSuchUpload");

function rangeOf({ bytes }: StoredVersion, { headers }: S3Request): Buffer | null {
  const range = headers["x-amz-copy-source-range"];
  if (range === undefined) return bytes;
  const match = /^bytes=(\d+)-(\d+)$/.exec(String(range));
  if (match === null || Number(match[2]) >= bytes.length) return null;
  return bytes.subarray(Number(match[1]), Number(match[2]) + 1);
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
