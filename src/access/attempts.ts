import type { Attempt } from "./attempt.ts";
import { deleteBucket, readOtherPrefix, writeOtherPrefix } from "./attempts/bucket.ts";
import { deleteObject, destroyCanary, destroyVersion, forcedDelete, removeLock } from "./attempts/deleting.ts";
import { forgeDate, putOntoVersion, snowball } from "./attempts/in-place.ts";
import { makeKeys } from "./attempts/keys.ts";
import { bypassRetention, lockVersion } from "./attempts/locking.ts";
import { listVersions, readObject } from "./attempts/reading.ts";
import { settingAttempts } from "./attempts/settings.ts";
import { copyOver, overwrite, overwriteForGood, plantKey } from "./attempts/writing.ts";

/** Everything that is tried with a key, in the order in which it is told. */
export const attempts: readonly Attempt[] = [
  readObject,
  listVersions,
  overwrite,
  overwriteForGood,
  copyOver,
  plantKey,
  removeLock,
  deleteObject,
  destroyVersion,
  putOntoVersion,
  forcedDelete,
  snowball,
  forgeDate,
  ...settingAttempts,
  lockVersion,
  bypassRetention,
  deleteBucket,
  readOtherPrefix,
  writeOtherPrefix,
  makeKeys,
];

/** The two that a timer tries: they find a bucket that stopped keeping versions, and a key that may destroy them. */
export const quickAttempts: readonly Attempt[] = [overwriteForGood, { ...destroyVersion, tryIt: destroyCanary }];
