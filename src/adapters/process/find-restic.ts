import { Failure } from "../../base/failure.ts";
import type { ResticProgram } from "../../restic/restic-program.ts";
import { compareVersions, oldestRecommended, oldestSupported } from "../../restic/version.ts";
import { openRestic } from "./restic-process.ts";
import { firstOnPath } from "./search-path.ts";

export interface ResticSearch {
  /** `--restic`. */
  readonly flag: string | undefined;
  /** `HOLDFAST_RESTIC`; empty is as good as unset. */
  readonly variable: string | undefined;
  /** `PATH`. */
  readonly searchPath: string | undefined;
}

export interface FoundRestic {
  readonly program: ResticProgram;
  /** For the user: an old release with known faults. */
  readonly warnings: readonly string[];
}

const howToGet =
  "install restic 0.17.3 or newer from your distribution or restic's own releases, or name it: --restic FILE";

/**
 * The restic to run: the flag's, else the variable's, else the first on PATH. Fails with `program-missing` where there
 * is none, where it is no restic, or where it is older than 0.14.
 */
export async function findRestic(search: ResticSearch): Promise<FoundRestic> {
  const named = search.flag ?? (search.variable === "" ? undefined : search.variable);
  const file = named ?? (await firstOnPath("restic", search.searchPath ?? ""));
  if (file === null) throw missing("restic", "it is not on PATH");
  const program = await openRestic(file);
  if (program === null) throw missing(file, "it does not answer as restic does");
  if (compareVersions(program.version, oldestSupported) < 0) {
    throw missing(file, `it is restic ${program.version.text}, and Holdfast drives ${oldestSupported.text} or newer`);
  }
  const isOld = compareVersions(program.version, oldestRecommended) < 0;
  return {
    program,
    warnings: isOld
      ? [
          `restic ${program.version.text} at ${file} has known faults; ${oldestRecommended.text} or newer is recommended`,
        ]
      : [],
  };
}

function missing(subject: string, problem: string): Failure {
  return new Failure({ kind: "program-missing", action: "use", subject, problem, hint: howToGet });
}
