import type { IncomingMessage } from "node:http";
import type { WireRequest } from "./scripted-s3.ts";

/** A request to an S3 store, understood as far as an imitation must. */
export interface S3Request extends WireRequest {
  readonly operation: Operation;
  readonly bucket: string;
  /** Decoded; empty for a request to the bucket. */
  readonly key: string;
  /** Of the key that signed it; null for a request that nobody signed. Signatures themselves are not checked. */
  readonly accessKey: string | null;
  /** Counts from 0, over all requests to this server. */
  readonly n: number;
}

export type Operation =
  | "ListBuckets"
  | "CreateBucket"
  | "DeleteBucket"
  | "HeadBucket"
  | "GetBucketLocation"
  | "GetBucketVersioning"
  | "PutBucketVersioning"
  | "GetBucketSetting"
  | "PutBucketSetting"
  | "DeleteBucketSetting"
  | "ListObjectVersions"
  | "ListObjectsV2"
  | "ListMultipartUploads"
  | "DeleteObjects"
  | "GetObject"
  | "HeadObject"
  | "PutObject"
  | "CopyObject"
  | "DeleteObject"
  | "GetObjectTagging"
  | "PutObjectTagging"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "UploadPartCopy"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListParts"
  | "Unknown";

type Row = readonly [method: string, parameter: string | null, operation: Operation];

/** The first row whose method and query parameter are those of the request; null stands for a request with none of them. */
const ofBucket: readonly Row[] = [
  ["GET", "location", "GetBucketLocation"],
  ["GET", "versioning", "GetBucketVersioning"],
  ["PUT", "versioning", "PutBucketVersioning"],
  ["GET", "versions", "ListObjectVersions"],
  ["GET", "uploads", "ListMultipartUploads"],
  ["GET", "list-type", "ListObjectsV2"],
  ["POST", "delete", "DeleteObjects"],
  ["HEAD", null, "HeadBucket"],
  ["PUT", null, "CreateBucket"],
  ["DELETE", null, "DeleteBucket"],
];
const ofObject: readonly Row[] = [
  ["GET", "tagging", "GetObjectTagging"],
  ["PUT", "tagging", "PutObjectTagging"],
  ["GET", "uploadId", "ListParts"],
  ["PUT", "uploadId", "UploadPart"],
  ["POST", "uploadId", "CompleteMultipartUpload"],
  ["DELETE", "uploadId", "AbortMultipartUpload"],
  ["POST", "uploads", "CreateMultipartUpload"],
  ["GET", null, "GetObject"],
  ["HEAD", null, "HeadObject"],
  ["PUT", null, "PutObject"],
  ["DELETE", null, "DeleteObject"],
];
const settingOperations: Readonly<Record<string, Operation>> = {
  GET: "GetBucketSetting",
  PUT: "PutBucketSetting",
  DELETE: "DeleteBucketSetting",
};

/** The settings of a bucket by their query parameter, and what a bucket answers that has none. */
export const settingCodes: Readonly<Record<string, string>> = {
  lifecycle: "NoSuchLifecycleConfiguration",
  policy: "NoSuchBucketPolicy",
  "object-lock": "ObjectLockConfigurationNotFoundError",
  replication: "ReplicationConfigurationNotFoundError",
  encryption: "ServerSideEncryptionConfigurationNotFoundError",
  tagging: "NoSuchTagSet",
};

/** The parameter that names the setting a request is about; null for another request. */
export function settingOf(query: URLSearchParams): string | null {
  return Object.keys(settingCodes).find((name) => query.has(name)) ?? null;
}

/** What came over the wire; a body in signed chunks, as SDKs and restic send it, is put together. */
export function s3Request(incoming: IncomingMessage, sent: Buffer, n: number): S3Request {
  const { method = "", headers, url = "" } = incoming;
  const [path = "", search = ""] = url.split("?");
  const query = new URLSearchParams(search);
  const [, bucket = "", ...rest] = path.split("/");
  const key = rest.map(decodeURIComponent).join("/");
  const body = isChunked(headers) ? withoutChunks(sent) : sent;
  const operation = operationOf({ method, query, headers, bucket, key });
  return { operation, bucket, key, accessKey: accessKeyOf(headers, query), n, method, path, query, headers, body };
}

type Parts = Pick<S3Request, "method" | "query" | "headers" | "bucket" | "key">;

function operationOf({ method, query, headers, bucket, key }: Parts): Operation {
  if (bucket === "") return method === "GET" ? "ListBuckets" : "Unknown";
  if (key === "" && settingOf(query) !== null) return settingOperations[method] ?? "Unknown";
  const rows = key === "" ? ofBucket : ofObject;
  const row = rows.find(([verb, parameter]) => verb === method && (parameter === null || query.has(parameter)));
  const operation = row?.[2] ?? "Unknown";
  if (headers["x-amz-copy-source"] === undefined) return operation;
  if (operation === "PutObject") return "CopyObject";
  return operation === "UploadPart" ? "UploadPartCopy" : operation;
}

function accessKeyOf(headers: IncomingMessage["headers"], query: URLSearchParams): string | null {
  const credential = /Credential=([^/,\s]+)\//.exec(headers.authorization ?? "")?.[1];
  return credential ?? query.get("X-Amz-Credential")?.split("/")[0] ?? null;
}

function isChunked(headers: IncomingMessage["headers"]): boolean {
  const hash = headers["x-amz-content-sha256"];
  return typeof hash === "string" && hash.startsWith("STREAMING-");
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html: `size-in-hex[;…]CRLF bytes CRLF`, the last of size 0. */
function withoutChunks(sent: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < sent.length;) {
    const end = sent.indexOf("\r\n", at);
    const size = Number.parseInt(sent.toString("latin1", at, end), 16);
    if (end === -1 || Number.isNaN(size) || size === 0) break;
    parts.push(sent.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

/** Text for an element, with what XML 1.0 cannot hold as a reference, as stores write it where they do not encode. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[\u0000-\u001f\u007f]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

const names: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return names[name] ?? all;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** The contents of each element of that name, as they stand. */
export function elementsNamed(name: string, xml: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g"))].map(
    (match) => match[1] ?? "",
  );
}

/** The text of the first element of that name; null where there is none. */
export function textNamed(name: string, xml: string): string | null {
  const found = elementsNamed(name, xml)[0];
  return found === undefined ? null : unescapeXml(found);
}

/** As `encoding-type=url` asks for: AWS encodes as forms do, a space is a plus, a slash stays. */
export function urlEncoded(text: string): string {
  const strict = encodeURIComponent(text).replaceAll(/[!'()*~]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return strict.replaceAll("%2F", "/").replaceAll("%20", "+");
}
