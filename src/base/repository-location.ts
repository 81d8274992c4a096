/** Where a repository stands, taken apart from restic's own spelling. */
export interface RepositoryLocation {
  /** As restic is given it: `s3:https://s3.example.org/backups/home`. Holds no secret. */
  readonly spelling: string;
  /** Scheme, host and port, without a path: `https://s3.example.org`. */
  readonly endpoint: string;
  readonly bucket: string;
  /** What every key of the repository begins with: empty, or ending in exactly one slash. */
  readonly prefix: string;
}

/**
 * Reads restic's `s3:` forms: `s3:https://host:port/bucket/path`, `s3:http://…`, `s3:host/bucket/path` and
 * `s3://host/bucket/path` (both https). Slashes at the end and doubled ones are dropped, as restic does
 * (path.Clean). Null for another backend, for a location without a bucket, and for one with a user name in it.
 */
export function parseRepositoryLocation(spelling: string): RepositoryLocation | null {
  if (!spelling.startsWith("s3:")) return null;
  const rest = spelling.slice(3);
  const text = /^https?:\/\//.test(rest) ? rest : `https://${rest.replace(/^\/\//, "")}`;
  // URL resolves "..": a location that walks upwards is a slip, and restic would read it otherwise.
  if (!URL.canParse(text) || /\/\.\.(?:\/|$)/.test(rest) || /%(?![0-9a-fA-F]{2})/.test(rest)) return null;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  const [bucket, ...path] = (decoded(url.pathname) ?? "").split("/").filter((part) => part !== "" && part !== ".");
  if (bucket === undefined) return null;
  return {
    spelling,
    endpoint: `${url.protocol}//${url.host}`,
    bucket,
    prefix: path.length === 0 ? "" : `${path.join("/")}/`,
  };
}

/** Null where the percent signs stand for bytes that are no UTF-8. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** `bucket/prefix` without the last slash, for messages. */
export function displayLocation(location: RepositoryLocation): string {
  return `${location.bucket}/${location.prefix}`.replace(/\/$/, "");
}
