import type { RepositoryAccess } from "../repository-access.ts";
import { globalArguments } from "./global.ts";

/** 0.14 takes --json too and prints text. */
export function initArguments(access: RepositoryAccess): readonly string[] {
  return ["init", "--json", ...globalArguments(access)];
}
