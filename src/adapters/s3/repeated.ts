import type { Clock } from "../../base/clock.ts";
import { codeOf, headersOf, passingProblem, statusOf } from "./s3-failure.ts";

/** Told before each wait: what stood in the way, in words, and how long it waits, in milliseconds. */
export type OnRetry = (what: { readonly problem: string; readonly wait: number }) => void;

export interface RepeatOptions {
  readonly clock: Clock;
  readonly onRetry?: OnRetry | undefined;
  /** Once it is aborted nothing is done again. */
  readonly signal?: AbortSignal | undefined;
}

/** How often a request that only reads is sent, all told. */
const mostAttempts = 4;
/** Milliseconds: twice as long each time, and cut by chance so that many who wait do not come back at once. */
const firstWait = 100;
const firstWaitWhenSlowed = 500;
/** A store that names a longer time, in seconds, is not waited for. */
const longestRetryAfter = 20;

/** Does again what failed in passing. For requests that only read. Throws the last error as it is. */
export async function repeated<T>(act: () => Promise<T>, { clock, onRetry, signal }: RepeatOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      const problem = passingProblem(error);
      if (problem === null || attempt === mostAttempts || signal?.aborted === true) throw error;
      const wait = waitAfter(attempt, error);
      onRetry?.({ problem, wait });
      await clock.sleep(wait, signal);
    }
  }
}

function waitAfter(attempt: number, error: unknown): number {
  const first = isSlowDown(error) ? firstWaitWhenSlowed : firstWait;
  const ours = Math.round(first * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
  const theirs = Number(headersOf(error)["retry-after"] ?? "0");
  return theirs > 0 && theirs <= longestRetryAfter ? Math.max(ours, theirs * 1000) : ours;
}

const slowDowns: ReadonlySet<string> = new Set(["SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"]);

/** Whether the store says that too much is asked of it. */
export function isSlowDown(error: unknown): boolean {
  const status = statusOf(error);
  return status === 503 || status === 429 || slowDowns.has(codeOf(error));
}
