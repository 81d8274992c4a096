import { expect } from "vitest";
import type { FailureKind } from "../../../src/base/failure.ts";
import type { Host, HostRunOptions } from "../host.ts";
import type { Run } from "../run-holdfast.ts";

/** What a failure has to say, to people and to scripts. */
export interface ExpectedFailure {
  readonly kind: FailureKind;
  readonly exit: number;
  /** The one thing it is about. */
  readonly subject: string | RegExp;
  /** The state now. */
  readonly problem: string | RegExp;
  /** What to do or type next. */
  readonly hint: string | RegExp;
}

export interface Attempt extends HostRunOptions {
  readonly words: readonly string[];
}

/** Runs the command once for people and once for scripts: both have to fail as expected, and neither shows a secret. */
export async function expectFailure(host: Host, { words, ...options }: Attempt, expected: ExpectedFailure) {
  // One after the other: of two that apply one plan at once the second is refused.
  const plain = await host.run(words, options);
  const json = await host.run(["--json", ...words], options);
  expectPlainFailure(plain, host, expected);
  expectJsonFailure(json, host, expected);
}

/** One clear message on stderr: the subject, the state now, the next step. */
export function expectPlainFailure(run: Run, host: Pick<Host, "secrets">, expected: ExpectedFailure): void {
  expectNothingIndecent(run, host);
  const message = asTyped(run.stderr.replace(/\s+/g, " "));
  expect(message).toContain("Cannot ");
  for (const part of [expected.subject, expected.problem, expected.hint]) {
    expect(message).toMatch(typeof part === "string" ? literally(part.replace(/\s+/g, " ")) : part);
  }
  expect(message).toContain(" next ");
  expect(run.stderr.match(/^Cannot /gm)).toHaveLength(1);
  expect(run.code).toBe(expected.exit);
}

/** The last line of stdout, and only the last, is the failure. */
export function expectJsonFailure(run: Run, host: Pick<Host, "secrets">, expected: ExpectedFailure): void {
  expectNothingIndecent(run, host);
  expect(run.last).toMatchObject({ type: "failure", kind: expected.kind, exit: expected.exit });
  expect(run.lines.filter(({ type }) => type === "failure" || type === "result")).toHaveLength(1);
  const { subject, problem, hint } = expected;
  for (const [field, part] of Object.entries({ subject, problem, hint })) {
    const said = asTyped(String(run.last[field]));
    expect(said).toMatch(typeof part === "string" ? literally(part) : part);
  }
  expect(run.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("{"))).toEqual([]);
  expect(run.code).toBe(expected.exit);
}

/** No stack trace, and no secret of the host. */
export function expectNothingIndecent(run: Run, { secrets }: Pick<Host, "secrets">): void {
  const all = `${run.stdout}${run.stderr}`;
  expect(all).not.toMatch(/^ {4}at |\bnode:internal\b|goroutine \d|EPIPE/m);
  for (const secret of secrets) expect(all.includes(secret)).toBe(false);
}

/** Without the places that a next step repeats: test/cli/same-place.test.ts holds those. */
function asTyped(text: string): string {
  return text.replaceAll(/holdfast(?: --(?:config|state-dir) \S+)+ /g, "holdfast ");
}

function literally(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}
