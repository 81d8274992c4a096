import { formatInstant, parseInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";

const day = 86_400_000;
/** Days remembered at once; a history rarely spans more. */
const mostDays = 10_000;

const padded = (value: number, digits: number): string => value.toString().padStart(digits, "0");
const minutes = Array.from({ length: 1440 }, (_, at) => `${padded(Math.floor(at / 60), 2)}:${padded(at % 60, 2)}`);
const seconds = Array.from({ length: 60 }, (_, at) => `:${padded(at, 2)}`);
const fractions = Array.from({ length: 1000 }, (_, at) => (at === 0 ? "Z" : `.${padded(at, 3)}Z`));

/** Writes and reads many instants as `formatInstant` and `parseInstant` do, several times as fast: it remembers days. */
export class InstantText {
  readonly #dayTexts = new Map<number, string>();
  readonly #dayStarts = new Map<string, number>();

  format(instant: Instant): string {
    const number = Math.floor(instant / day);
    const time = instant - number * day;
    const minute = Math.floor(time / 60_000);
    const second = Math.floor((time % 60_000) / 1000);
    return `${this.#dayText(number)}${minutes[minute] ?? ""}${seconds[second] ?? ""}${fractions[time % 1000] ?? ""}`;
  }

  /** Null where `parseInstant` gives null. */
  parse(text: string): Instant | null {
    const isUsual = text.charCodeAt(10) === 0x54 && text.charCodeAt(text.length - 1) === 0x5a;
    if (!isUsual || text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return parseInstant(text);
    const fraction = fractionOf(text);
    const hour = twoDigits(text, 11);
    const minute = twoDigits(text, 14);
    const second = twoDigits(text, 17);
    const start = this.#dayStart(text.slice(0, 10));
    const isTime = fraction >= 0 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
    if (!isTime || start === null) return parseInstant(text);
    return (start + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction) as Instant;
  }

  #dayText(number: number): string {
    const known = this.#dayTexts.get(number);
    if (known !== undefined) return known;
    if (this.#dayTexts.size >= mostDays) this.#dayTexts.clear();
    const text = formatInstant((number * day) as Instant).slice(0, -"00:00:00Z".length);
    this.#dayTexts.set(number, text);
    return text;
  }

  #dayStart(text: string): number | null {
    const known = this.#dayStarts.get(text);
    if (known !== undefined) return known;
    if (this.#dayStarts.size >= mostDays) this.#dayStarts.clear();
    const start = parseInstant(`${text}T00:00:00Z`);
    if (start !== null) this.#dayStarts.set(text, start);
    return start;
  }
}

/** Milliseconds after the second: none, or three digits. Negative for anything else. */
function fractionOf(text: string): number {
  if (text.length === 20) return 0;
  if (text.length !== 24 || text.charCodeAt(19) !== 0x2e) return -1;
  const tens = twoDigits(text, 20);
  const last = digit(text, 22);
  return tens < 0 || last < 0 ? -1 : tens * 10 + last;
}

function twoDigits(text: string, at: number): number {
  const tens = digit(text, at);
  const ones = digit(text, at + 1);
  return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30;
  return value >= 0 && value <= 9 ? value : -1;
}
