import { Failure } from "../base/failure.ts";
import { acceptWords, type AcceptWord } from "../rollback/accept.ts";
import type { CommandInput } from "./invocation.ts";

/** The words of --accept, given one by one or with commas. Fails with `usage` for one that is none. */
export function acceptedWords(input: CommandInput): ReadonlySet<AcceptWord> {
  const accepted = new Set<AcceptWord>();
  for (const word of input.list("accept").flatMap((each) => each.split(","))) {
    const known = acceptWords.find((each) => each === word);
    if (known === undefined) throw unknownWord(word);
    accepted.add(known);
  }
  return accepted;
}

function unknownWord(word: string): Failure {
  return new Failure({
    kind: "usage",
    action: "accept",
    subject: word,
    problem: "there is no such thing to accept",
    hint: `one of ${acceptWords.join(", ")}`,
  });
}
