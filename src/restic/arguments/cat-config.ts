import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** Opens the repository and prints its config; writes nothing, takes no lock. */
export function catConfigArguments(access: RepositoryAccess): readonly string[] {
  return ["cat", "config", "--no-lock", ...globalArguments(access)];
}
