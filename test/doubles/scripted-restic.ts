import type { ResticCall, ResticOutcome, ResticProgram } from "../../src/restic/restic-program.ts";
import { release } from "../restic/sample-access.ts";

/** How one run of restic ends, by the lines that a real one printed. */
export interface ResticAnswer {
  readonly exitCode: number;
  readonly stdout?: readonly string[];
  readonly stderr?: readonly string[];
}

/** A restic that answers from a list, the last answer for ever, and hands its lines on as the port says. */
export class ScriptedRestic implements ResticProgram {
  readonly path = "/usr/bin/restic";
  readonly version;
  readonly calls: ResticCall[] = [];
  readonly #answers: readonly ResticAnswer[];

  constructor(version: string, ...answers: readonly ResticAnswer[]) {
    this.version = release(version);
    this.#answers = answers;
  }

  run(call: ResticCall): Promise<ResticOutcome> {
    this.calls.push(call);
    const answer = this.#answers[this.calls.length - 1] ?? this.#answers.at(-1);
    return Promise.resolve(deliver(call, answer ?? { exitCode: 0 }));
  }

  /** The subcommand of each call. */
  get commands(): readonly string[] {
    return commandsOf(this.calls);
  }
}

export function commandsOf(calls: readonly ResticCall[]): readonly string[] {
  return calls.map((call) => call.arguments[0] ?? "");
}

/** Hands an answer's lines to whoever takes them and gives the outcome that is left. */
export function deliver(call: ResticCall, { exitCode, stdout = [], stderr = [] }: ResticAnswer): ResticOutcome {
  for (const line of stderr) call.onStderrLine?.(line);
  for (const line of stdout) call.onStdoutLine?.(line);
  return { exitCode, stdout: call.onStdoutLine === undefined ? stdout : [], stderr: stderr.slice(-200) };
}
