import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

export interface CheckRequest {
  /** As restic takes it (`5%`, `1/12`, `2G`); `100%` reads everything; null reads no data. */
  readonly readDataSubset: string | null;
  readonly lock: readonly string[];
}

export function checkArguments(access: RepositoryAccess, { readDataSubset, lock }: CheckRequest): readonly string[] {
  const data = readDataSubset === null ? [] : [`--read-data-subset=${readDataSubset}`];
  return [
    "check",
    "--json",
    ...globalArguments(access),
    ...lock,
    ...(readDataSubset === "100%" ? ["--read-data"] : data),
  ];
}
