import { Failure } from "../../base/failure.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { Event, Screen } from "./screen.ts";
import { shortHashes } from "./short-hashes.ts";
import { wrap } from "./table.ts";

/** Any thrown value as a Failure: what is not one already is a defect of Holdfast, told without a stack trace. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const problem = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new Failure({
    kind: "defect",
    action: "go on with",
    subject: "holdfast",
    problem,
    hint: "this is a fault in Holdfast: run it again with --verbose and report what it prints",
    cause: thrown,
  });
}

/** The last JSON line of a command that failed. */
export function failureEvent(failure: Failure): Event {
  return {
    type: "failure",
    kind: failure.kind,
    action: failure.action,
    subject: failure.subject,
    problem: failure.problem,
    hint: failure.hint,
    ...(Object.keys(failure.details).length === 0 ? {} : { details: failure.details }),
    exit: exitCodeOf(failure.kind),
  };
}

/** The message, then facts one a line, then what to do next; see look.md "A refusal". */
export function failureLines(failure: Failure, screen: Pick<Screen, "width" | "style">): readonly string[] {
  const details = Object.entries(failure.details).map(([name, value]) => [name, shortHashes(value)] as const);
  const facts = [...details, ["next", failure.hint] as const];
  const label = Math.max(...facts.map(([name]) => name.length)) + 2;
  const [head = "", ...rest] = shortHashes(failure.message).split("\n");
  const headLines = wrap(head, screen.width, "  ");
  return [
    ...headLines.map((line) => screen.style("bad", line)),
    ...rest.flatMap((line) => wrapFurther(line, screen.width)),
    ...facts.flatMap(([name, value]) => factLines(name, value, label, screen.width)),
  ];
}

/** A line that follows the message, broken under its own beginning; of a row of a file only what stands beside the mark. */
function wrapFurther(line: string, width: number): readonly string[] {
  if (line.length <= width || /^ *\d+ \|/.test(line)) return [line];
  const [, mark = "", suggestion = ""] = /^( *\^+)(?: {2}(.*))?$/.exec(line) ?? [];
  const indent = /^ */.exec(line)?.[0] ?? "";
  if (mark === "")
    return wrap(line.slice(indent.length), width - indent.length, "  ").map((part) => `${indent}${part}`);
  return [mark, ...wrap(suggestion, width - 4).map((part) => `    ${part}`)];
}

function factLines(name: string, value: string, label: number, width: number): readonly string[] {
  const indent = " ".repeat(label + 2);
  const room = Math.max(20, width - indent.length);
  const lines = value.split("\n").flatMap((line) => wrap(line, room));
  // A path that is longer than its column stands on lines of its own, whole, to be copied.
  if (lines.some((line) => line.length > room && line.length + indent.length > width)) {
    return [`  ${name}`, ...value.split("\n").flatMap((line) => wrap(line, width - 4).map((part) => `    ${part}`))];
  }
  return lines.map((line, index) => (index === 0 ? `  ${name.padEnd(label)}${line}` : `${indent}${line}`));
}
