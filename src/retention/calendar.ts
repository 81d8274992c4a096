import type { Instant } from "../base/instant.ts";

/** A length of time on the calendar, as restic's `--keep-within` takes it. A month has no fixed length. */
export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

/** An instant by the clocks of a zone, to the nanosecond. */
export interface ZonedTime {
  /** Milliseconds since 1970-01-01T00:00:00Z; -Infinity before all dates. */
  readonly milliseconds: number;
  /** What restic writes past the millisecond: 0 to 999,999. */
  readonly nanoseconds: number;
  /** How far the zone's clocks stand ahead of UTC at this time, in milliseconds. */
  readonly offset: number;
  /** The IANA name of a zone whose offset changes over the year; left out where `offset` always holds. */
  readonly zone?: string;
}

/** The spans of the calendar that restic keeps one snapshot of, by the word in its flags. */
export type Period = "hourly" | "daily" | "weekly" | "monthly" | "yearly";

const units = { y: "years", m: "months", d: "days", h: "hours" } as const;

/** Reads `1y5m7d2h` in any order; the last of a repeated unit counts, as in restic. Null for anything else. */
export function parseCalendarDuration(text: string): CalendarDuration | null {
  if (!/^(?:\d+[ymdh])+$/.test(text)) return null;
  const duration = { years: 0, months: 0, days: 0, hours: 0 };
  for (const [, count, unit] of text.matchAll(/(\d+)([ymdh])/g)) {
    duration[units[unit as keyof typeof units]] = Number(count);
  }
  return duration;
}

/** In restic's order, without what is zero: `1y5m7d2h`; empty for no time at all. */
export function formatCalendarDuration(duration: CalendarDuration): string {
  return Object.entries(units)
    .filter(([, name]) => duration[name] !== 0)
    .map(([unit, name]) => `${duration[name]}${unit}`)
    .join("");
}

/** `instant` in the zone, and with the digits past the millisecond, of the RFC 3339 text it was read from. */
export function zonedTime(instant: Instant, text: string): ZonedTime {
  const [, fraction = ""] = /\.\d{3}(\d{1,6})/.exec(text) ?? [];
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})$/.exec(text) ?? [];
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return {
    milliseconds: instant,
    nanoseconds: Number(fraction.padEnd(6, "0")),
    offset: sign === "-" ? -offset : offset,
  };
}

/** The same instant, to the nanosecond, by the clocks of an IANA zone. A RangeError where there is no such zone. */
export function inZone({ milliseconds, nanoseconds }: ZonedTime, zone: string): ZonedTime {
  return { milliseconds, nanoseconds, offset: offsetIn(zone, milliseconds), zone };
}

/** Whether this machine's calendar knows a zone of that IANA name. */
export function isZone(name: string): boolean {
  try {
    offsetIn(name, 0);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function offsetIn(zone: string, milliseconds: number): number {
  if (zone === "UTC" || !Number.isFinite(milliseconds)) return 0;
  const format = formats.get(zone) ?? new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  formats.set(zone, format);
  const shown = format.formatToParts(milliseconds).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes, seconds] = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(shown) ?? [];
  const offset = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === "-" ? -offset : offset;
}

/** Negative where `a` is earlier, zero for the same instant in whatever zones, positive where later. */
export function compareTimes(a: ZonedTime, b: ZonedTime): number {
  return a.milliseconds === b.milliseconds ? a.nanoseconds - b.nanoseconds : a.milliseconds - b.milliseconds;
}

/**
 * `time` less `duration`, counted on the calendar of its zone as Go's AddDate does: a day that the month lacks runs over
 * into the next, so that a month before March 31 is March 3 (2 in a leap year). A length that leads past the first date
 * of the calendar leads to before all dates.
 */
export function earlierBy(time: ZonedTime, { years, months, days, hours }: CalendarDuration): ZonedTime {
  const local = localDate(time);
  const year = local.getUTCFullYear() - years;
  local.setUTCFullYear(year, local.getUTCMonth() - months, local.getUTCDate() - days);
  const { zone } = time;
  const offset = zone === undefined ? time.offset : offsetIn(zone, local.getTime() - time.offset);
  const milliseconds = local.getTime() - offset - hours * 3_600_000;
  if (Number.isNaN(milliseconds)) return { ...time, milliseconds: Number.NEGATIVE_INFINITY };
  return { ...time, milliseconds, offset: zone === undefined ? offset : offsetIn(zone, milliseconds) };
}

/** A name for the hour, day, ISO week, month or year that the clocks of the time's own zone showed. */
export function periodOf(time: ZonedTime, period: Period): string {
  const local = localDate(time);
  if (period === "weekly") return isoWeek(local);
  const fields = [local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate(), local.getUTCHours()];
  return fields.slice(0, { yearly: 1, monthly: 2, daily: 3, hourly: 4 }[period]).join("-");
}

/** A week belongs to the year that its Thursday lies in. */
function isoWeek(local: Date): string {
  const thursday = new Date(local);
  thursday.setUTCDate(local.getUTCDate() + 3 - ((local.getUTCDay() + 6) % 7));
  const year = thursday.getUTCFullYear();
  const newYear = new Date(0);
  newYear.setUTCFullYear(year, 0, 1);
  const day = Math.floor((thursday.getTime() - newYear.getTime()) / 86_400_000);
  return `${year}-W${Math.floor(day / 7) + 1}`;
}

/** A date whose UTC fields show the zone's own clocks. */
function localDate({ milliseconds, offset }: ZonedTime): Date {
  return new Date(milliseconds + offset);
}
