import { Failure } from "../base/failure.ts";
import type { TrialDoor, TrialReply, TrialRequest } from "../store/trial-door.ts";
import type { Outcome } from "./outcome.ts";

/** What an answer says of the right. `unclear`: neither yes nor no. */
type Verdict = "allowed" | "refused" | "not offered" | "unclear";

/**
 * Codes of a refusal; an answer without a code is a proxy's, which refuses too. A 403 is no refusal by itself: Ceph says
 * QuotaExceeded under it, AWS InvalidObjectState and AccountProblem.
 */
const refusals: readonly string[] = ["AccessDenied", "Forbidden", "Unauthorized", "UnauthorizedAccess", ""];

/**
 * Reads an answer. `passed` are the codes that a store gives only to a key that has the right: what it finds wrong with
 * the request after it has looked at the right.
 */
export function verdictOf({ status, code }: TrialReply, passed: readonly string[] = []): Verdict {
  if (passed.includes(code)) return "allowed";
  if (status < 300) return "allowed";
  if (code === "NotImplemented" || code === "MethodNotAllowed" || status === 501 || status === 405)
    return "not offered";
  if (code === "AccessDenied" || ((status === 401 || status === 403) && refusals.includes(code))) return "refused";
  return "unclear";
}

/** One way to try something that a single answer decides. */
export interface Form {
  readonly form: string;
  readonly request: TrialRequest;
  readonly passed?: readonly string[];
}

/** Sends it once and reads the answer. */
export async function tryForm(door: TrialDoor, { form, request, passed = [] }: Form): Promise<Outcome> {
  return await orError(form, async () => outcomeOf(form, await door.send(request), passed));
}

/** As `orErrors`, for what is tried in one way. */
export async function orError(form: string, act: () => Promise<Outcome>): Promise<Outcome> {
  const [outcome] = await orErrors(form, async () => [await act()]);
  if (outcome === undefined) throw new RangeError("a trial has an outcome");
  return outcome;
}

/** What `act` finds; an `error` where the store gives no answer, `not tried` where our own guard holds (`refused`). */
export async function orErrors(form: string, act: () => Promise<readonly Outcome[]>): Promise<readonly Outcome[]> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === "defect" || error.kind === "interrupted") throw error;
    return [{ form, got: error.kind === "refused" ? "not tried" : "error", detail: error.problem }];
  }
}

export function outcomeOf(form: string, reply: TrialReply, passed: readonly string[] = []): Outcome {
  const verdict = verdictOf(reply, passed);
  switch (verdict) {
    case "allowed":
    case "refused":
      return { form, got: verdict, detail: "" };
    case "not offered":
      return { form, got: "not tried", detail: "this store does not know it" };
    case "unclear":
      return { form, got: "error", detail: `the store answers ${answerText(reply)}` };
  }
}

/** `404 NoSuchKey`. */
export function answerText({ status, code }: TrialReply): string {
  return code === "" ? `${status}` : `${status} ${code}`;
}

/** What is asked for; null where this key may not. Fails as `ask` for every other reason. */
export async function ifAllowed<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Failure && error.kind === "store-denied") return null;
    throw error;
  }
}
