import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { ResticProgram } from "./restic-program.ts";

/** The same restic, each run told to the log: its words, which never hold a secret, its exit code and how long it took. */
export function loggedProgram(program: ResticProgram, log: Log, clock: Clock): ResticProgram {
  return {
    path: program.path,
    version: program.version,
    run: async (call) => {
      const began = clock.now();
      log.debug("restic begins", { program: program.path, arguments: call.arguments });
      const outcome = await program.run(call);
      log.debug("restic ended", { exitCode: outcome.exitCode, milliseconds: clock.now() - began });
      return outcome;
    },
  };
}
