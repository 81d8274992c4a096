import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

export interface RestoreRequest {
  /** An id or `latest`. */
  readonly snapshot: string;
  readonly target: string;
  readonly include: readonly string[];
  readonly dryRun: boolean;
  /** Names each item as it is restored; the lines for it came with 0.17. Left out: false. */
  readonly namesItems?: boolean;
}

/** Without a lock, so that a restore also works with a key that may only read. `--dry-run` came with 0.17. */
export function restoreArguments(access: RepositoryAccess, request: RestoreRequest): readonly string[] {
  return [
    "restore",
    "--json",
    "--no-lock",
    ...globalArguments(access),
    `--target=${request.target}`,
    ...request.include.map((pattern) => `--include=${pattern}`),
    ...(request.dryRun ? ["--dry-run"] : []),
    ...(request.namesItems === true ? ["--verbose=2"] : []),
    "--",
    request.snapshot,
  ];
}
