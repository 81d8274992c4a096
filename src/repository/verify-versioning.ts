import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { addMilliseconds, formatInstant } from "../base/instant.ts";
import { objectKey, type ObjectKey } from "../base/object-key.ts";
import { displayLocation, type RepositoryLocation } from "../base/repository-location.ts";
import type { VersionId } from "../base/version-id.ts";
import { canaryLockPrefix } from "../restic/layout.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { PurgingStore } from "../store/versioned-store.ts";

export interface VersioningTrial {
  readonly store: PurgingStore;
  readonly location: RepositoryLocation;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly onStep: (text: string) => void;
}

/** AWS: it may take up to 15 minutes until every write makes a version. */
const longestWait = 900_000;
const pause = 15_000;

/**
 * Proves that the bucket keeps versions: puts a canary twice and reads the first one back, again and again for up to 15
 * minutes where a store is slow to begin. Cleans its canaries up as far as the key may. A version id in a reply is no
 * proof: Garage gives one and keeps nothing. Fails with `refused` when the first bytes stay gone, and as the store fails.
 */
export async function verifyVersioning(trial: VersioningTrial): Promise<void> {
  const { store, location, clock } = trial;
  const end = addMilliseconds(clock.now(), longestWait);
  for (;;) {
    const key = objectKey(`${location.prefix}${canaryLockPrefix}${clock.now().toString(36)}`);
    const isKept = await firstIsKept(store, key, formatInstant(clock.now()));
    await cleanUp(store, key);
    if (isKept) return;
    if (clock.now() >= end) throw keepsNothing(location);
    trial.onStep("the store does not keep versions yet; trying again in 15 s");
    await clock.sleep(pause, trial.signal);
  }
}

async function firstIsKept(store: PurgingStore, key: ObjectKey, stamp: string): Promise<boolean> {
  const [first, second] = [`first canary of ${stamp}`, `second canary of ${stamp}`];
  const put = await store.put(key, new TextEncoder().encode(first));
  await store.put(key, new TextEncoder().encode(second));
  if (put.versionId === null) return false;
  return (await textOf(store, key, put.versionId)) === first;
}

async function textOf(store: PurgingStore, key: ObjectKey, id: VersionId): Promise<string | null> {
  const content = await store.read(key, id);
  if (content === null) return null;
  const parts: Uint8Array[] = [];
  for await (const part of content.bytes) parts.push(part);
  return parts.map((part) => new TextDecoder().decode(part)).join("");
}

/** Destroys the canary's versions where the key may, else hides it: canaries are left out of every state and finding. */
async function cleanUp(store: PurgingStore, key: ObjectKey): Promise<void> {
  const rows: HistoryRow[] = [];
  try {
    for await (const page of store.listVersions(key)) rows.push(...page.filter((row) => row.key === key));
    const outcomes = await store.destroyVersions(rows);
    if (rows.length > 0 && outcomes.every(({ error }) => error === null)) return;
  } catch (error) {
    if (!(error instanceof Failure) || !["store-denied", "store-misbehaves", "refused"].includes(error.kind))
      throw error;
  }
  await store.hide([key]);
}

function keepsNothing(location: RepositoryLocation): Failure {
  return new Failure({
    kind: "refused",
    action: "make a repository in",
    subject: displayLocation(location),
    problem: "the store says that versioning is on, and an overwritten canary is gone all the same",
    hint: "ask whoever runs the store; without versions nothing can be rolled back",
  });
}
