import type { Duration } from "../base/duration.ts";
import { Failure } from "../base/failure.ts";
import type { Finding } from "../base/finding.ts";
import { displayLocation, type RepositoryLocation } from "../base/repository-location.ts";
import type { TrialDoor } from "../store/trial-door.ts";
import { ifAllowed } from "./answer.ts";
import type { AuditedKey } from "./audit.ts";
import { bucketFindings } from "./bucket-findings.ts";

interface BucketAudit {
  readonly keys: readonly AuditedKey[];
  readonly location: RepositoryLocation;
  readonly window: Duration;
}

/**
 * Reads how the bucket is set with the monitor's key, else the rescuer's; null where this host has neither. Writes nothing.
 * What that key may not read is a finding. Fails as the store fails for every other reason.
 */
export async function auditBucket({ keys, location, window }: BucketAudit): Promise<readonly Finding[] | null> {
  const reader = keys.find(({ role }) => role === "monitor") ?? keys.find(({ role }) => role === "rescuer");
  if (reader === undefined) return null;
  const { store, door } = reader;
  const versioning = await ifAllowed(async () => await store.versioning());
  const [settings, acl] = [await store.settings(), await aclOf(door)];
  const place = displayLocation(location);
  return bucketFindings({ place, prefix: location.prefix, versioning, settings, acl, window });
}

/** Not every store has ACLs, and not every key may read them. */
async function aclOf(door: TrialDoor): Promise<string | null> {
  try {
    const reply = await door.send({
      operation: "GetBucketAcl",
      method: "GET",
      target: { kind: "bucket" },
      query: { acl: "" },
    });
    return reply.status < 300 && reply.body.includes("<AccessControlPolicy") ? reply.body : null;
  } catch (error) {
    if (error instanceof Failure && error.kind === "store-unreachable") throw error;
    return null;
  }
}
