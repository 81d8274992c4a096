import { Failure } from "../base/failure.ts";
import { displayLocation } from "../base/repository-location.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { ReadableStore } from "../store/versioned-store.ts";

/** Fails with `refused` unless versioning is Enabled at this moment: somebody has switched off what keeps the history. */
export async function requireVersioning(store: ReadableStore, location: RepositoryLocation): Promise<void> {
  const versioning = await store.versioning();
  if (versioning === "enabled") return;
  throw new Failure({
    kind: "refused",
    action: "purge",
    subject: displayLocation(location),
    problem: `versioning of the bucket is ${versioning}, not enabled`,
    hint: "Find out who switched it off, turn it on (put-bucket-versioning, Status=Enabled), then run it again.",
  });
}
