import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** How much a prune may leave and may move, as restic takes it. */
export interface PruneLimits {
  /** How much unused data may stay in packs: `5%`, `2G`, `unlimited`. */
  readonly "max-unused"?: string | undefined;
  /** How much may be packed anew in one run: `5G`. */
  readonly "max-repack-size"?: string | undefined;
}

/** No release up to 0.19.1 has JSON for prune. */
export function pruneArguments(
  access: RepositoryAccess,
  lock: readonly string[],
  limits: PruneLimits = {},
): readonly string[] {
  return ["prune", ...globalArguments(access), ...lock, ...limitArguments(limits)];
}

export function limitArguments(limits: PruneLimits): readonly string[] {
  return (["max-unused", "max-repack-size"] as const).flatMap((flag) => {
    const value = limits[flag];
    return value === undefined ? [] : [`--${flag}=${value}`];
  });
}
