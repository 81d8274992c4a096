import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** Removes stale locks only; `--remove-all` is never sent. */
export function unlockArguments(access: RepositoryAccess): readonly string[] {
  return ["unlock", ...globalArguments(access)];
}
