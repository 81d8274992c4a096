import { formatDuration } from "../base/duration.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import type { Invocation } from "./invocation.ts";

/** Stores refuse a request whose date is a quarter of an hour off; what is less still moves every T counted from now. */
const tolerated = 60_000;

/** Says how far this machine's clock is from the store's, where that is more than a minute. Fails as the store fails. */
export async function warnOfSkew(invocation: Invocation, store: ReadableStore): Promise<void> {
  const { store: theirs, ours } = await store.readClock();
  const skew = ours - theirs;
  if (Math.abs(skew) <= tolerated) return;
  const side = skew > 0 ? "ahead of" : "behind";
  invocation.screen.note(
    `warning: this machine's clock is ${formatDuration(Math.abs(skew))} ${side} the store's; set it (timedatectl)`,
  );
}
