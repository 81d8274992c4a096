import { existsSync } from "node:fs";
import path from "node:path";
import { unpackPackages } from "./debian-packages.ts";

export interface ResticDownload {
  /** Where it is kept for the next time. */
  readonly cacheFolder: string;
  /** Null: the machine's own suite. */
  readonly suite: string | null;
  readonly signal?: AbortSignal;
}

/** Gets the restic of a distribution's suite into the cache and gives its path; nothing is installed. */
export async function downloadRestic({ cacheFolder, suite, signal }: ResticDownload): Promise<string> {
  const folder = resticFolder(cacheFolder, suite);
  await unpackPackages({
    packages: ["restic"],
    suite,
    withDependencies: false,
    folder,
    ...(signal === undefined ? {} : { signal }),
  });
  return path.join(folder, "usr/bin/restic");
}

/** The restic that an earlier run downloaded, or null. */
export function downloadedRestic(cacheFolder: string, suite: string | null): string | null {
  const file = path.join(resticFolder(cacheFolder, suite), "usr/bin/restic");
  return existsSync(file) ? file : null;
}

function resticFolder(cacheFolder: string, suite: string | null): string {
  return path.join(cacheFolder, `restic-${suite ?? "own"}`);
}
