import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { BatchOutcome, PurgingStore } from "./versioned-store.ts";

interface RetryOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Whether a DELETE of a hidden key leaves it as it is. Elsewhere, or where it is not known, it may stack a marker. */
  readonly hideIsIdempotent: boolean;
  /** Told before each wait. */
  readonly onRetry?: ((failure: Failure, milliseconds: number) => void) | undefined;
}

/** The waits before the second, third … try, in milliseconds. */
const waits = [500, 1000, 2000, 4000, 8000] as const;

/**
 * Repeats what failed with `store-unreachable`, up to five times over some 15 seconds; every other failure, and one
 * that will not pass, is thrown on at once. A put or a copy that did reach the store leaves a twin of the same bytes when it is repeated, which is harmless.
 * Before a hide is repeated where markers stack, the keys that are hidden already are left out. Listings and the bytes
 * of an object, which cannot begin anew in the middle, pass through: the adapter repeats their single requests.
 */
export function retrying(store: PurgingStore, options: RetryOptions): PurgingStore {
  const again = async <T>(act: () => Promise<T>): Promise<T> => await attempts(options, act);
  return {
    listVersions: (prefix, from) => store.listVersions(prefix, from),
    listCurrent: (prefix) => store.listCurrent(prefix),
    read: async (key, versionId) => await again(() => store.read(key, versionId)),
    versioning: async () => await again(() => store.versioning()),
    settings: async () => await again(() => store.settings()),
    openUploads: async (prefix) => await again(() => store.openUploads(prefix)),
    recordedSha256: async (version) => await again(() => store.recordedSha256(version)),
    readClock: async () => await again(() => store.readClock()),
    put: async (key, bytes) => await again(() => store.put(key, bytes)),
    copyForward: async (version) => await again(() => store.copyForward(version)),
    hide: async (keys) => await hide(store, keys, options),
    liftMarkers: async (markers) => await again(() => store.liftMarkers(markers)),
    mayLiftMarkers: async (prefix) => await again(() => store.mayLiftMarkers(prefix)),
    enableVersioning: async () => await again(() => store.enableVersioning()),
    destroyVersions: async (rows) => await again(() => store.destroyVersions(rows)),
  };
}

async function attempts<T>(options: RetryOptions, act: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const wait = waits[tries];
      if (!(error instanceof Failure) || error.kind !== "store-unreachable" || error.isLasting || wait === undefined)
        throw error;
      options.onRetry?.(error, wait);
      await options.clock.sleep(wait, options.signal);
    }
  }
}

async function hide(
  store: PurgingStore,
  keys: readonly ObjectKey[],
  options: RetryOptions,
): Promise<readonly BatchOutcome[]> {
  const hidden: BatchOutcome[] = [];
  let left = keys;
  let isRepeat = false;
  const outcomes = await attempts(options, async () => {
    if (isRepeat && !options.hideIsIdempotent) {
      const current = await currentOf(store, left);
      hidden.push(...left.filter((key) => !current.has(key)).map((key) => ({ key, versionId: null, error: null })));
      left = left.filter((key) => current.has(key));
    }
    isRepeat = true;
    return left.length === 0 ? [] : await store.hide(left);
  });
  return [...hidden, ...outcomes];
}

async function currentOf(store: PurgingStore, keys: readonly ObjectKey[]): Promise<ReadonlySet<ObjectKey>> {
  const current = new Set<ObjectKey>();
  for await (const { key } of store.listCurrent(sharedBeginning(keys))) current.add(key);
  return current;
}

function sharedBeginning(keys: readonly ObjectKey[]): string {
  let shared: string = keys[0] ?? "";
  for (const key of keys) while (!key.startsWith(shared)) shared = shared.slice(0, -1);
  return shared;
}
