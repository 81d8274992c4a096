import { readPackageFile } from "../src/adapters/files/package-files.ts";
import { openS3Store } from "../src/adapters/s3/s3-store.ts";
import { openClock } from "../src/adapters/system-clock.ts";
import { parseRepositoryLocation } from "../src/base/repository-location.ts";
import { Secret } from "../src/base/secret.ts";
import { parseProfile } from "../src/config/profiles.ts";
import type { PurgingStore } from "../src/store/versioned-store.ts";

/** Our store before a server on loopback that asks for no key, by the profile of MinIO. */
export async function openBenchStore(port: string): Promise<PurgingStore> {
  const location = parseRepositoryLocation(`s3:http://127.0.0.1:${port}/bench/home`);
  const profile = await readPackageFile("profiles/minio.yaml");
  if (location === null || profile === null) throw new Error("the bench cannot be set up");
  return openS3Store({
    location,
    region: null,
    bucketLookup: "path",
    caFile: null,
    profile: parseProfile(profile, "profiles/minio.yaml"),
    credentials: { role: "rescuer", accessKey: "bench", secretKey: new Secret("bench"), sessionToken: null },
    clock: openClock(),
  });
}
