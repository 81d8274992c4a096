import type { RepositoryAccess } from "../repository-access.ts";

/** What every call carries: how to reach the store. The repository and all secrets go by the environment. */
export function globalArguments(access: RepositoryAccess): readonly string[] {
  return [
    ...(access.bucketLookup === "auto" ? [] : ["-o", `s3.bucket-lookup=${access.bucketLookup}`]),
    ...(access.caFile === null ? [] : [`--cacert=${access.caFile}`]),
  ];
}

/** `--retry-lock` for restic 0.16 and newer; `patience` in milliseconds, nothing for 0. */
export function lockWaitArguments(patience: number): readonly string[] {
  return patience <= 0 ? [] : [`--retry-lock=${Math.max(1, Math.ceil(patience / 1000))}s`];
}
