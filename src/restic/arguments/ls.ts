import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** Everything that a snapshot holds; writes nothing, takes no lock. */
export function lsArguments(access: RepositoryAccess, snapshot: string): readonly string[] {
  return ["ls", "--json", "--no-lock", ...globalArguments(access), "--", snapshot];
}
