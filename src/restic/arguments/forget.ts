import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";
import { limitArguments, type PruneLimits } from "./prune.ts";

/** Forgets exactly these snapshots: ids pass restic's own policy by, so that no mistyped rule can ever mean "all". */
export function forgetArguments(
  access: RepositoryAccess,
  ids: readonly string[],
  lock: readonly string[],
): readonly string[] {
  requireIds(ids);
  return ["forget", ...globalArguments(access), ...lock, "--", ...ids];
}

/** What a prune would remove after these were forgotten, told as text; writes nothing, not even a lock. */
export function forgetTrialArguments(
  access: RepositoryAccess,
  ids: readonly string[],
  limits: PruneLimits,
): readonly string[] {
  requireIds(ids);
  const trial = ["--dry-run", "--no-lock", "--prune", ...limitArguments(limits)];
  return ["forget", ...globalArguments(access), ...trial, "--", ...ids];
}

function requireIds(ids: readonly string[]): void {
  if (ids.length === 0 || ids.some((id) => !/^[0-9a-f]{64}$/.test(id))) {
    throw new RangeError("forget takes one or more full snapshot ids");
  }
}
