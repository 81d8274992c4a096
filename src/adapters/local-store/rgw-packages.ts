import { existsSync } from "node:fs";
import path from "node:path";
import { unpackPackages } from "../debian-packages.ts";

/** What the gateway and its cluster of one come in; apt adds what this machine lacks. */
const packages = ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"] as const;

/** Where an earlier run unpacked Ceph, or null. */
export function unpackedRgw(cacheFolder: string): string | null {
  const folder = path.join(cacheFolder, "ceph-rgw");
  return existsSync(path.join(folder, "usr/bin/radosgw")) ? folder : null;
}

/** Downloads Ceph RGW from the distribution and unpacks it into the cache: about 70 MB, 260 MB unpacked. */
export async function downloadRgw(cacheFolder: string, signal?: AbortSignal): Promise<string> {
  const folder = path.join(cacheFolder, "ceph-rgw");
  await unpackPackages({
    packages,
    suite: null,
    withDependencies: true,
    folder,
    ...(signal === undefined ? {} : { signal }),
  });
  return folder;
}
