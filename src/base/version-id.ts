/** What a store calls one version of a key. Opaque: the only id with a meaning is `null`, see `isNullVersion`. */
export type VersionId = string & { readonly __versionId: unique symbol };

export function versionId(text: string): VersionId {
  if (text === "") throw new RangeError("a version id is never empty");
  return text as VersionId;
}

/** `null` marks what was written while versioning was not Enabled: it is overwritten in place, so it proves nothing. */
export function isNullVersion(id: VersionId): boolean {
  return id === "null";
}
