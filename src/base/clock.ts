import type { Instant } from "./instant.ts";

/** The only way to the time of day; handed in by the outer ring so that every decision can be tested at any hour. */
export interface Clock {
  now(): Instant;
  /** Resolves after `milliseconds`, or rejects with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
