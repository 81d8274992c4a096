import type { Clock } from "../../src/base/clock.ts";
import { addMilliseconds, instantFromMilliseconds, type Instant } from "../../src/base/instant.ts";

/** A clock that moves only when somebody sleeps or a test moves it. */
export class ScriptedClock implements Clock {
  /** How long each sleep was, in milliseconds. */
  readonly sleeps: number[] = [];
  #now = instantFromMilliseconds(Date.parse("2026-11-20T03:00:00Z"));

  now(): Instant {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    this.sleeps.push(milliseconds);
    this.pass(milliseconds);
    return Promise.resolve();
  }

  pass(milliseconds: number): void {
    this.#now = addMilliseconds(this.#now, milliseconds);
  }
}
