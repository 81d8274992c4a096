import { instantFromMilliseconds, type Instant } from "../../base/instant.ts";
import type { ClockReading } from "../../store/versioned-store.ts";

/** What took longer to answer, in milliseconds, may have been dated at its beginning or at its end. */
const longest = 1000;
/** How long a reading stands for the clock, in milliseconds: neither side's runs away in that time. */
const freshFor = 30_000;

/** The store's clock, by the Date that its replies carry anyway. */
export class ReplyClock {
  #latest: ClockReading | null = null;

  /** Takes the Date of a reply, by when it was asked for and when its head came. */
  note(date: string | undefined, { asked, came }: { readonly asked: Instant; readonly came: Instant }): void {
    const milliseconds = Date.parse(date ?? "");
    if (Number.isNaN(milliseconds) || came - asked > longest || came < asked) return;
    // A Date header is cut to the second: on average half of one is missing.
    const store = instantFromMilliseconds(milliseconds + 500);
    this.#latest = { store, ours: instantFromMilliseconds((asked + came) / 2) };
  }

  /** The newest reading; null where none is of the last 30 seconds. */
  reading(now: Instant): ClockReading | null {
    const age = this.#latest === null ? Number.NaN : now - this.#latest.ours;
    return age >= 0 && age <= freshFor ? this.#latest : null;
  }
}
