import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** Forgets exactly these snapshots: ids pass restic's own policy by, so that no mistyped rule can ever mean "all". */
export function forgetArguments(
  access: RepositoryAccess,
  ids: readonly string[],
  lock: readonly string[],
): readonly string[] {
  if (ids.length === 0 || ids.some((id) => !/^[0-9a-f]{64}$/.test(id))) {
    throw new RangeError("forget takes one or more full snapshot ids");
  }
  return ["forget", ...globalArguments(access), ...lock, "--", ...ids];
}
