import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** Without a lock: a listing needs none, and a key that may not put would fail on it. */
export function snapshotsArguments(access: RepositoryAccess): readonly string[] {
  return ["snapshots", "--json", "--no-lock", ...globalArguments(access)];
}
