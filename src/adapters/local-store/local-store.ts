import type { Role } from "../../base/role.ts";
import type { Secret } from "../../base/secret.ts";

/** The parts of a key as a local store hands them out. */
export interface LocalKey {
  readonly accessKey: string;
  readonly secretKey: Secret;
  readonly sessionToken: Secret | null;
}

/** A real store that runs on this machine for a demo or a test, listens on 127.0.0.1 only, and forgets all when stopped. */
export interface LocalStore {
  /** With its release: `Ceph RGW 16.2.15`. */
  readonly title: string;
  /** Its profile: `ceph`, `minio`. */
  readonly provider: "ceph" | "minio";
  readonly endpoint: string;
  /** It was there before and stays when `stop` is through: what was made in it must be removed. */
  readonly isOutside?: boolean;
  /** May do everything; makes buckets. */
  readonly owner: LocalKey;
  /**
   * A key of one role for one bucket that the owner made, limited as `holdfast policy` prints it. `prefix` is empty or
   * ends in a slash. Fails as the store fails, and with `program-missing` when the store's own tool does.
   */
  makeKey(request: KeyRequest): Promise<LocalKey>;
  stop(): Promise<void>;
}

export interface KeyRequest {
  readonly role: Role;
  readonly bucket: string;
  readonly prefix: string;
}

export interface LocalStoreOptions {
  /** Empty, private, its path under 80 characters: unix sockets stand in it. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}
