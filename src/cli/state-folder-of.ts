import { stateFolder } from "../config/discovery.ts";
import type { Invocation } from "./invocation.ts";

/** Where the state of this run is kept, made or not; null where there is no HOME to put it under. */
export function stateFolderOf({ options, variables }: Invocation): string | null {
  return stateFolder({ flag: options.stateDir, variables, isRoot: process.getuid?.() === 0 });
}
