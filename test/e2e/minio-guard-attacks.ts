import { createHmac, randomUUID } from "node:crypto";
import { tarOf } from "../../src/access/attempts/tar.ts";
import type { LocalKey, LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { openSigner, type S3Request } from "../../src/adapters/s3/signed-request.ts";
import { openClock } from "../../src/adapters/system-clock.ts";
import { objectKey, type ObjectKey } from "../../src/base/object-key.ts";
import type { ObjectVersion } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { sendRaw, type RawReply, type RawRequest } from "../stores/raw-http.ts";

/** An object with a good version below a newer one, where even the writer may put and delete. */
export interface Victim {
  readonly bucket: string;
  readonly key: ObjectKey;
  readonly good: ObjectVersion;
}

/** What became of a victim. */
export type Damage = "none" | "version lost" | "date forged" | "etag forged";

export const harms = [
  "put onto a version",
  "delete a version",
  "force delete",
  "snowball",
  "forge a date",
  "forge an etag",
] as const;

/** One request that harms on a MinIO without a guard, before any trick. */
export type Harm = (typeof harms)[number];

/** Where even the writer may put and delete. */
const folder = "home/locks/";
const forgedEtag = "f".repeat(32);

function requestOf(harm: Harm, { key, good: { versionId } }: Victim): S3Request {
  const query = { versionId };
  const put = { operation: "PutObject", method: "PUT", key, body: Buffer.from("the thief's") } as const;
  const remove = { operation: "DeleteObject", method: "DELETE", key } as const;
  switch (harm) {
    case "put onto a version":
      return { ...put, query };
    case "delete a version":
      return { ...remove, query };
    case "force delete":
      return { ...remove, headers: { "x-minio-force-delete": "true" } };
    case "snowball": {
      // MinIO asks for the right to put at the prefix first: without one only for whoever may put in the whole bucket.
      const name = key.slice(folder.length);
      const archive = tarOf({ name, text: "the thief's", records: { "minio.versionId": versionId } });
      const headers = { "x-amz-meta-snowball-auto-extract": "true", "x-amz-meta-minio-snowball-prefix": folder };
      return { ...put, key: objectKey(`${folder}${randomUUID()}.tar`), headers, body: Buffer.from(archive) };
    }
    case "forge a date":
      return { ...put, headers: { "x-minio-source-mtime": "2001-01-01T00:00:00Z" } };
    case "forge an etag":
      return { ...put, headers: { "x-minio-source-etag": forgedEtag } };
  }
}

export async function makeVictim(owners: PurgingStore, bucket: string): Promise<Victim> {
  const key = objectKey(`${folder}${randomUUID()}`);
  for (const text of ["good-one", "a newer one"]) await owners.put(key, Buffer.from(text));
  const versions = await versionsOf(owners, key);
  const good = versions.at(-1);
  if (good === undefined) throw new Error("the victim has no versions");
  return { bucket, key, good };
}

/** Looks with the owner's key, past any guard. */
export async function damageTo(owners: PurgingStore, { key, good }: Victim): Promise<Damage> {
  const versions = await versionsOf(owners, key);
  const now = versions.find(({ versionId }) => versionId === good.versionId);
  if (now?.etag !== good.etag || now.lastModified !== good.lastModified) return "version lost";
  if (versions.some(({ lastModified }) => lastModified < good.lastModified)) return "date forged";
  return versions.some(({ etag }) => etag.replaceAll('"', "") === forgedEtag) ? "etag forged" : "none";
}

async function versionsOf(store: PurgingStore, key: ObjectKey): Promise<readonly ObjectVersion[]> {
  const versions: ObjectVersion[] = [];
  for await (const page of store.listVersions(key)) {
    versions.push(...page.filter((row) => row.kind === "version"));
  }
  return versions;
}

/** What an intruder does to a signed request before it is sent. */
export interface Trick {
  readonly name: string;
  readonly harm: Harm;
  /** Before it is signed, where the signature must cover what the store will read. */
  readonly before?: (request: S3Request) => S3Request;
  readonly after?: (request: RawRequest) => readonly RawRequest[];
  /** It does no harm to a MinIO without a guard either. */
  readonly isBlunt?: boolean;
  /**
   * What the guard does, where it does not refuse by itself: nginx takes it for no HTTP, or passes it on without what
   * would harm. nginx joins repeated headers from release 1.23 on, and looks at the first one before: it may do either.
   */
  readonly guard?: "is no HTTP" | "passes a part" | "may do either";
}

interface Attack {
  readonly store: LocalStore;
  readonly key: LocalKey;
  readonly victim: Victim;
  readonly trick: Trick;
}

/** Sends one attack to the endpoint of a store and gives its answer. */
export async function send({ store, key, victim, trick }: Attack): Promise<RawReply> {
  const base = requestOf(trick.harm, victim);
  const request = await signed({ store, key, bucket: victim.bucket, request: trick.before?.(base) ?? base });
  return await sendRaw({ endpoint: store.endpoint, requests: trick.after?.(request) ?? [request] });
}

interface Signing {
  readonly store: LocalStore;
  readonly key: LocalKey;
  /** Null for a request to the store itself. */
  readonly bucket: string | null;
  readonly request: S3Request;
}

/** A request that is right as it stands, and that ends its connection. */
export async function signed({ store, key, bucket, request }: Signing): Promise<RawRequest> {
  const { host, hostname } = new URL(store.endpoint);
  const path = bucket === null ? "/" : `/${bucket}/`;
  const address = { protocol: "http:" as const, hostname, port: null, host, path, region: "us-east-1" };
  const sign = openSigner({ address, credentials: { role: "writer", ...key }, clock: openClock() });
  const { method, path: target, headers, body } = await sign(request);
  return {
    method,
    target,
    version: "HTTP/1.1",
    headers: [...Object.entries(headers), ["connection", "close"]],
    body: body ?? Buffer.alloc(0),
  };
}

/** What a browser sends for a POST policy (AWS, "Authenticating Requests in Browser-Based Uploads"), and a version id. */
export function formUpload({ endpoint }: LocalStore, key: LocalKey, victim: Victim): RawRequest {
  const date = new Date(openClock().now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), "us-east-1", "s3", "aws4_request"];
  const fields: Readonly<Record<string, string>> = {
    bucket: victim.bucket,
    key: victim.key,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": [key.accessKey, ...scope].join("/"),
    "x-amz-date": date,
  };
  const conditions = Object.entries(fields).map(([name, value]) => ({ [name]: value }));
  const policy = Buffer.from(JSON.stringify({ expiration: "2099-01-01T00:00:00.000Z", conditions })).toString("base64");
  const hmac = (secret: string | Buffer, text: string): Buffer => createHmac("sha256", secret).update(text).digest();
  const signing = scope.reduce<string | Buffer>(hmac, `AWS4${key.secretKey.reveal()}`);
  const signature = hmac(signing, policy).toString("hex");
  const parts = Object.entries({ ...fields, policy, "x-amz-signature": signature, file: "the thief's" }).map(
    ([name, value]) =>
      `--edge\r\nContent-Disposition: form-data; name="${name}"${name === "file" ? '; filename="a"' : ""}\r\n\r\n${value}\r\n`,
  );
  const body = Buffer.from(`${parts.join("")}--edge--\r\n`);
  return {
    method: "POST",
    target: `/${victim.bucket}/?versionId=${victim.good.versionId}`,
    version: "HTTP/1.1",
    headers: [
      ["host", new URL(endpoint).host],
      ["content-type", "multipart/form-data; boundary=edge"],
      ["content-length", body.length.toString()],
      ["connection", "close"],
    ],
    body,
  };
}
