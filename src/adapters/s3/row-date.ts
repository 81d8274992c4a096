import { parseInstant, type Instant } from "../../base/instant.ts";

/**
 * The instant that stands in these bytes; null where there is none. The form in which stores write dates,
 * `2026-11-20T03:00:07Z` with or without three digits of a second, is read by its places; every other as text.
 */
export function readDate(bytes: Buffer, start: number, end: number): Instant | null {
  const length = end - start;
  const isPlain =
    (length === 20 || (length === 24 && bytes[start + 19] === 0x2e)) &&
    bytes[start + 4] === 0x2d &&
    bytes[start + 7] === 0x2d &&
    bytes[start + 10] === 0x54 &&
    bytes[start + 13] === 0x3a &&
    bytes[start + 16] === 0x3a &&
    bytes[end - 1] === 0x5a;
  const instant = isPlain ? plainDate(bytes, start, length) : null;
  return instant ?? parseInstant(bytes.toString("utf8", start, end));
}

function plainDate(bytes: Buffer, start: number, length: number): Instant | null {
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  const fraction = length === 24 ? digits(bytes, start + 20, 3) : 0;
  // A day that not every month has is for the careful reader to judge.
  const isDate = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
  const isTime = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 && fraction >= 0;
  if (!isDate || !isTime) return null;
  const seconds = ((daysTo(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
  return (seconds * 1000 + fraction) as Instant;
}

/** NaN where one is no digit. */
function digits(bytes: Buffer, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index++) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Days from 1970-01-01 to the first of a month, by the Gregorian calendar; a year begins in March to have its leap day last. */
function daysTo(year: number, month: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) - 719_468;
}
