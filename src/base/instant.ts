/** A moment in UTC, as milliseconds since 1970-01-01T00:00:00Z. Always a whole number. */
export type Instant = number & { readonly __instant: unique symbol };

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads an RFC 3339 date-time with a zone. Digits past the millisecond are cut off, not rounded, so that an instant
 * never moves past a boundary it stood before. Null for anything else: no zone, no time, a month of 13.
 */
export function parseInstant(text: string): Instant | null {
  const match = rfc3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = "", zone = ""] = match;
  const milliseconds = fraction.padEnd(3, "0").slice(0, 3);
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const epoch = Date.parse(local);
  // Date.parse rolls 02-30 over to 03-02; a date that does not come back as written was never a date.
  if (Number.isNaN(epoch) || new Date(epoch).toISOString() !== local) return null;
  return (epoch - zoneOffset(zone)) as Instant;
}

function zoneOffset(zone: string): number {
  if (zone === "Z" || zone === "z") return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60_000;
}

/** For instants that are known at the desk: tests, constants, milliseconds from the clock. */
export function instantFromMilliseconds(milliseconds: number): Instant {
  return Math.trunc(milliseconds) as Instant;
}

/** RFC 3339 in UTC; the fraction is shown only where it is not zero. */
export function formatInstant(instant: Instant): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

/** `20261120T025959Z`: no colons, which some file systems refuse. */
export function compactInstant(instant: Instant): string {
  return formatInstant(instant).replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
}

export function addMilliseconds(instant: Instant, milliseconds: number): Instant {
  return (instant + Math.trunc(milliseconds)) as Instant;
}

/** The last instant of the second that `instant` falls into. */
export function endOfSecond(instant: Instant): Instant {
  return (Math.floor(instant / 1000) * 1000 + 999) as Instant;
}
