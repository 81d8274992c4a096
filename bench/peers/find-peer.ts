import { existsSync } from "node:fs";
import path from "node:path";
import { firstOnPath } from "../../src/adapters/process/search-path.ts";
import { cacheFolderOf } from "../../src/cli/demo/demo-store.ts";

export type PeerName = "rclone" | "s3-pit-restore";

type Variables = Readonly<Record<string, string | undefined>>;

/** The release that the goals were measured with. */
export const pitRestoreRelease = "0.9";

const placeInCache: Readonly<Record<PeerName, string>> = {
  rclone: "rclone/usr/bin/rclone",
  "s3-pit-restore": "s3-pit-restore/bin/s3-pit-restore",
};

/** Where `fetch-peers.ts` puts them. */
export function peersFolder(variables: Variables): string {
  return path.join(cacheFolderOf(variables), "peers");
}

/** The peer's program, from PATH or from the cache, or null: then a row says "peer missing". */
export async function findPeer(name: PeerName, variables: Variables): Promise<string | null> {
  const found = await firstOnPath(name, variables["PATH"] ?? "");
  if (found !== null) return found;
  const cached = path.join(peersFolder(variables), placeInCache[name]);
  return existsSync(cached) ? cached : null;
}
