import type { Credentials } from "../base/credentials.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { Secret } from "../base/secret.ts";

/** All that restic needs to reach one repository with one key. */
export interface RepositoryAccess {
  /** The repository's name in the configuration, for messages. */
  readonly name: string;
  readonly location: RepositoryLocation;
  readonly region: string | null;
  readonly bucketLookup: "auto" | "dns" | "path";
  /** A PEM file with the certificate authorities to trust besides the system's. */
  readonly caFile: string | null;
  readonly password: Secret;
  readonly credentials: Credentials;
}
