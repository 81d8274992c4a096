import type { ObjectVersion } from "../store/object-version.ts";

/** Storage classes whose objects are read only after a restore; GLACIER_IR is read at once. */
const archives: ReadonlySet<string> = new Set([
  "GLACIER",
  "DEEP_ARCHIVE",
  "ARCHIVE",
  "COLD_ARCHIVE",
  "DEEP_COLD_ARCHIVE",
]);

/** Whether the bytes of a version are there and cannot be read or copied before they are restored. */
export function isArchived(version: ObjectVersion): boolean {
  return version.storageClass !== null && archives.has(version.storageClass);
}
