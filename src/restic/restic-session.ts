import { resticEnvironment, type Surroundings } from "./environment.ts";
import type { RepositoryAccess } from "./repository-access.ts";
import type { ResticProgram } from "./restic-program.ts";

/** A restic that was found, and what it needs to reach one repository with one key. */
export interface ResticSession {
  readonly program: ResticProgram;
  readonly access: RepositoryAccess;
  readonly environment: Readonly<Record<string, string>>;
}

export function openSession(
  program: ResticProgram,
  access: RepositoryAccess,
  surroundings: Surroundings,
): ResticSession {
  return { program, access, environment: resticEnvironment(access, surroundings) };
}
