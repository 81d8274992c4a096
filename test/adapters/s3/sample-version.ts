import { instantFromMilliseconds } from "../../../src/base/instant.ts";
import { objectKey } from "../../../src/base/object-key.ts";
import { versionId } from "../../../src/base/version-id.ts";
import type { ObjectVersion } from "../../../src/store/object-version.ts";

/** A version of three bytes whose id needs to be encoded. */
export function sampleVersion(name: string, more: Partial<ObjectVersion> = {}): ObjectVersion {
  const row = { key: objectKey(name), versionId: versionId("v/1+"), isLatest: false, owner: null, checksums: null };
  const date = instantFromMilliseconds(0);
  return { kind: "version", ...row, lastModified: date, size: 3, etag: "e", storageClass: "STANDARD", ...more };
}
