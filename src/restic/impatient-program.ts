import { mayPass } from "./exit-code.ts";
import type { ResticCall, ResticOutcome, ResticProgram } from "./restic-program.ts";

/** How often restic may fail to open a repository at a store that does not answer: some 5 to 10 seconds by its own waits. */
const triesToOpen = 4;
const failedToOpen = /^(?:Stat|Load)\(<config\/>.*?returned error, retrying after \S+ /;

/**
 * The same restic, stopped when it cannot open the repository. From 0.16 on it goes on trying for 15 minutes, also
 * with a key that the store does not know or a bucket that is not there. Only the opening is cut short: whatever has
 * begun keeps restic's own patience. The outcome then ends with the line that told, under exit code 1. Runs with
 * inherited streams stay as they are.
 */
export function impatient(program: ResticProgram): ResticProgram {
  return {
    path: program.path,
    version: program.version,
    run: async (call) => (call.streams === "inherit" ? await program.run(call) : await runToOpening(program, call)),
  };
}

async function runToOpening(program: ResticProgram, call: ResticCall): Promise<ResticOutcome> {
  const givenUp = new AbortController();
  const failures: string[] = [];
  const onStderrLine = (line: string): void => {
    if (givenUp.signal.aborted) return;
    const isFailure = failedToOpen.test(line) && failures.push(line.replace(failedToOpen, "")) > 0;
    if (isFailure && (failures.length >= triesToOpen || !mayPass(line))) givenUp.abort();
    else call.onStderrLine?.(line);
  };
  const signal = AbortSignal.any([givenUp.signal, ...(call.signal === undefined ? [] : [call.signal])]);
  const outcome = await program.run({ ...call, onStderrLine, signal });
  if (!givenUp.signal.aborted || call.signal?.aborted === true) return outcome;
  return { exitCode: 1, stdout: outcome.stdout, stderr: failures };
}
