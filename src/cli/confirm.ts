import { createInterface } from "node:readline/promises";
import { Failure } from "../base/failure.ts";
import type { Invocation } from "./invocation.ts";

export interface Question {
  readonly question: string;
  /** As it follows "Cannot", for the failure when the answer is no. */
  readonly action: string;
  readonly subject: string;
}

/** Asks, unless --yes was given. Fails with `refused` on a no, and with `usage` where there is no terminal to ask. */
export async function confirm(invocation: Invocation, { question, action, subject }: Question): Promise<void> {
  if (invocation.options.yes) return;
  if (invocation.screen.mode !== "terminal" || !process.stdin.isTTY) {
    throw new Failure({
      kind: "usage",
      action,
      subject,
      problem: "it has to be confirmed, and there is no terminal to ask",
      hint: "read what it will do, then run the same with --yes",
    });
  }
  const answer = await ask(`${question} [y/N] `, invocation.signal);
  if (answer !== null && /^y(?:es)?$/i.test(answer.trim())) return;
  throw new Failure({
    kind: answer === null ? "interrupted" : "refused",
    action,
    subject,
    problem:
      answer === null ? "it was stopped at the question; nothing was written" : "you said no; nothing was written",
    hint: "run it again to go on",
  });
}

/** The answer; an end of the input is an empty one, and Ctrl-C is null. */
async function ask(question: string, signal: AbortSignal): Promise<string | null> {
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  const interrupt = new AbortController();
  dialogue.on("SIGINT", () => {
    interrupt.abort();
  });
  try {
    return await dialogue.question(question, { signal: AbortSignal.any([signal, interrupt.signal]) });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "AbortError") throw error;
    process.stderr.write("\n");
    return interrupt.signal.aborted || signal.aborted ? null : "";
  } finally {
    dialogue.close();
  }
}
