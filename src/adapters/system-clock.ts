import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import { instantFromMilliseconds } from "../base/instant.ts";

/** The machine's own clock. */
export function openClock(): Clock {
  return {
    now: () => instantFromMilliseconds(Date.now()),
    sleep: async (milliseconds, signal) => {
      try {
        await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        throw signal?.aborted === true ? signal.reason : error;
      }
    },
  };
}
