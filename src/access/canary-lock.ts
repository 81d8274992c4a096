import { addMilliseconds, formatInstant } from "../base/instant.ts";
import type { Clock } from "../base/clock.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { TrialDoor, TrialReply } from "../store/trial-door.ts";
import type { PurgingStore } from "../store/versioned-store.ts";
import { ifAllowed, verdictOf } from "./answer.ts";
import { putThatNeverWrites, wrongBody } from "./never-written.ts";

/** Milliseconds: as short as a trial is long. */
const lockedFor = 60_000;

/** Headers that lock an upload in GOVERNANCE mode, for a minute. */
export function governed(clock: Clock): Readonly<Record<string, string>> {
  const until = formatInstant(addMilliseconds(clock.now(), lockedFor));
  return { "x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": until };
}

/** Of a bucket without object lock, whoever asks. */
export function isWithoutLock({ code }: TrialReply): boolean {
  return code === "InvalidRequest" || code === "ObjectLockConfigurationNotFoundError";
}

const remedy = "grant it s3:GetBucketObjectLockConfiguration";

interface CanaryPlace {
  /** Every key of this host. */
  readonly stores: readonly PurgingStore[];
  readonly door: TrialDoor;
  readonly key: ObjectKey;
  readonly clock: Clock;
}

/**
 * Why no canary may be put, null where it may: what is locked in COMPLIANCE mode nobody can take away. Where no key may read
 * the default, an upload with a lock of its own that never writes tells whether the bucket has object lock: it finds fault
 * with the lock where there is none (tried on RGW 16.2.15 and MinIO). A store that refuses the lock before it looks, as AWS
 * is documented to, leaves that open, and no canary is put there either.
 */
export async function whyNoCanary({ stores, door, key, clock }: CanaryPlace): Promise<string | null> {
  for (const store of stores) {
    const settings = await ifAllowed(async () => await store.settings());
    if (settings === null || settings.objectLock.kind === "unreadable") continue;
    if (settings.objectLock.kind !== "set") return null;
    const { mode, days } = settings.objectLock.value;
    if (mode !== "COMPLIANCE" || days === null) return null;
    return `each new object is locked in COMPLIANCE mode for ${days} days: no canary is put`;
  }
  const locked = await door.send(putThatNeverWrites(key, governed(clock)));
  const verdict = verdictOf(locked, wrongBody);
  if (isWithoutLock(locked) || verdict === "not offered" || verdict === "unclear") return null;
  const plain = await door.send(putThatNeverWrites(key));
  if (verdictOf(plain, wrongBody) !== "allowed") return null;
  const isSeen = verdict === "allowed" || locked.headers["server"] === "MinIO";
  return `this bucket ${isSeen ? "locks" : "may lock"} objects, and no key of this host may read how: ${remedy}`;
}
