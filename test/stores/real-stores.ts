import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inject } from "vitest";
import { startCephRgw } from "../../src/adapters/local-store/ceph-rgw.ts";
import type { LocalKey, LocalStore, LocalStoreOptions } from "../../src/adapters/local-store/local-store.ts";
import { startMinio } from "../../src/adapters/local-store/minio.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import type { S3Access } from "../../src/adapters/s3/s3-client.ts";
import { openS3Store, type S3StoreOptions } from "../../src/adapters/s3/s3-store.ts";
import { openClock } from "../../src/adapters/system-clock.ts";
import { parseRepositoryLocation, type RepositoryLocation } from "../../src/base/repository-location.ts";
import { parseProfile } from "../../src/config/profiles.ts";
import type { ProviderProfile } from "../../src/store/provider-profile.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";

export interface RunningStore {
  readonly store: LocalStore;
  /** Ends its processes and removes its folder. */
  readonly stop: () => Promise<void>;
}

export interface RealStore {
  readonly name: LocalStore["provider"];
  /** False where this machine cannot have it: `describe.skipIf(!isHere)`. */
  readonly isHere: boolean;
  /** A fresh one, in about a second. */
  readonly start: () => Promise<RunningStore>;
}

/** The real stores of this machine, and those that it cannot have. */
export function realStores(): readonly [ceph: RealStore, minio: RealStore] {
  return [realStore("ceph", inject("cephRoot"), startCephRgw), realStore("minio", inject("minio"), startMinio)];
}

type Start = (program: string, options: LocalStoreOptions) => Promise<LocalStore>;

function realStore(name: RealStore["name"], program: string | null, start: Start): RealStore {
  return {
    name,
    isHere: program !== null,
    start: async () => {
      if (program === null) throw new Error(`this machine has no ${name}`);
      const folder = await mkdtemp(path.join(tmpdir(), "hf-"));
      const clear = async (): Promise<void> => await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      try {
        const store = await start(program, { folder });
        return { store, stop: async () => await store.stop().finally(clear) };
      } catch (error) {
        await clear();
        throw error;
      }
    },
  };
}

/** profiles/NAME.yaml as it ships. */
export function profileOf(name: string): ProviderProfile {
  const file = path.resolve(import.meta.dirname, `../../profiles/${name}.yaml`);
  return parseProfile(readFileSync(file, "utf8"), file);
}

/** `place` is a bucket and what may follow: `backups/home`. */
export function locationAt(endpoint: string, place: string): RepositoryLocation {
  const location = parseRepositoryLocation(`s3:${endpoint}/${place}`);
  if (location === null) throw new RangeError(`no location: ${endpoint}/${place}`);
  return location;
}

/** Reaches `place`, such as `backups/home`, with one key and the store's own profile. */
export function s3Access(local: LocalStore, key: LocalKey, place: string): S3Access {
  return {
    location: locationAt(local.endpoint, place),
    region: null,
    bucketLookup: "auto",
    caFile: null,
    profile: profileOf(local.provider),
    credentials: { role: "rescuer", ...key },
    clock: openClock(),
  };
}

/** The owner's store at `place`, its bucket made and its versioning on. */
export async function openTestStore(
  local: LocalStore,
  place: string,
  options: Partial<S3StoreOptions> = {},
): Promise<PurgingStore> {
  const access = s3Access(local, local.owner, place);
  await administerBucket(access).createBucket();
  const store = openS3Store({ ...access, ...options });
  await store.enableVersioning();
  return store;
}
