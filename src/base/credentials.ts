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
