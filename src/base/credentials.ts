import type { Role } from "./role.ts";
import type { Secret } from "./secret.ts";

/** One key to the store. `role` is the part it plays in the configuration, for messages. */
export interface Credentials {
  readonly role: Role;
  readonly accessKey: string;
  readonly secretKey: Secret;
  /** Present for keys that expire (STS). */
  readonly sessionToken: Secret | null;
}

/** An access key as it may be shown: its first two and last four characters. Not a secret, and still nobody's business. */
export function shownAccessKey(accessKey: string): string {
  return accessKey.length <= 8 ? accessKey : `${accessKey.slice(0, 2)}…${accessKey.slice(-4)}`;
}
