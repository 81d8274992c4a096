import type { Attributes, ImitatedObjects, StoredVersion } from "./imitated-objects.ts";
import type { ListingHabits } from "./imitated-listing.ts";
import type { S3Request } from "./s3-wire.ts";
import { errorReply, type WireReply } from "./scripted-s3.ts";

/** How stores differ in what they do with objects. */
export interface ObjectHabits extends ListingHabits {
  /** A DELETE of a hidden key stacks another marker (AWS), none (Ceph), or only where it came in a batch (MinIO). */
  readonly markers?: "stacked" | "single" | "stacked in batches";
  /** The date of a version that came in parts: when it was begun (AWS) or when it was completed. */
  readonly uploadDate?: "initiation" | "completion";
}

const kept = /^(?:content-(?:type|encoding|disposition|language)|cache-control|expires|x-amz-meta-.*)$/;

interface Described extends Attributes {
  readonly storageClass: string | null;
}

/** What an upload says of its object. */
export function attributesFrom({ headers }: S3Request): Described {
  const told = Object.entries(headers)
    .filter(([name]) => kept.test(name))
    .map(([name, value]): [string, string] => [name, String(value).replace(/,?\s*aws-chunked\s*,?/, "")]);
  return {
    headers: Object.fromEntries(told.filter(([, value]) => value !== "")),
    tags: header(headers, "x-amz-tagging") ?? "",
    storageClass: header(headers, "x-amz-storage-class"),
  };
}

/** The version that x-amz-copy-source names, or what the store answers instead. */
export async function sourceOf(request: S3Request, objects: ImitatedObjects): Promise<StoredVersion | WireReply> {
  const source = header(request.headers, "x-amz-copy-source") ?? "";
  const [path = "", query = ""] = source.split("?");
  const [bucket, ...rest] = path.replace(/^\//, "").split("/");
  if (bucket !== request.bucket) return errorReply(501, "NotImplemented");
  const row = await objects.row(rest.map(decodeURIComponent).join("/"), new URLSearchParams(query).get("versionId"));
  if (row === null) return errorReply(404, query === "" ? "NoSuchKey" : "NoSuchVersion");
  return row.kind === "version" ? await objects.version(row) : errorReply(400, "InvalidRequest");
}

export function header(headers: S3Request["headers"], name: string): string | null {
  const value = headers[name];
  return typeof value === "string" ? value : null;
}
