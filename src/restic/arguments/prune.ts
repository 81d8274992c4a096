import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** No release up to 0.19.1 has JSON for prune. */
export function pruneArguments(access: RepositoryAccess, lock: readonly string[]): readonly string[] {
  return ["prune", ...globalArguments(access), ...lock];
}
