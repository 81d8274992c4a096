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
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await dialogue.question(`${question} [y/N] `, { signal: invocation.signal });
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    dialogue.close();
  }
  throw new Failure({
    kind: "refused",
    action,
    subject,
    problem: "you said no; nothing was written",
    hint: "run it again to go on",
  });
}
