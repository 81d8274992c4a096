import { instantFromMilliseconds, parseInstant, type Instant } from "../../src/base/instant.ts";
import type { TimedSnapshot } from "../../src/retention/clocks.ts";
import type { Look } from "../../src/retention/look.ts";
import type { RetentionSettings } from "../../src/retention/plan.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** As the defaults of the configuration have it. */
export function sampleSettings(changes: Partial<RetentionSettings> = {}): RetentionSettings {
  return {
    repository: "home",
    prefix: "home/",
    rules: { "group-by": "host,paths", "keep-last": 1 },
    timeZone: "UTC",
    limits: { burst: 3, tolerance: hour, sizeFactor: 3, checkMaxAge: 35 * day, recoveryWindow: null },
    historyForgeable: false,
    ...changes,
  };
}

export function at(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new RangeError(text);
  return instant;
}

let made = 0;

/** A snapshot of `nas` that the store took when the client says, unless told otherwise. */
export function timed(timeText: string, fields: Partial<TimedSnapshot> = {}): TimedSnapshot {
  made += 1;
  const time = at(timeText);
  const storedAt = fields.storedAt ?? time;
  return {
    id: made.toString(16).padStart(64, "0"),
    time,
    timeText,
    host: "nas",
    username: "root",
    paths: ["/home"],
    tags: [],
    original: null,
    originalStoredAt: storedAt,
    firstSeen: storedAt,
    ...fields,
    storedAt,
  };
}

/** A snapshot a day at 03:00, the newest first, the last of them on the day of `newest`. */
export function daily(count: number, newest: string, fields: Partial<TimedSnapshot> = {}): readonly TimedSnapshot[] {
  return Array.from({ length: count }, (_, index) => {
    const time = instantFromMilliseconds(at(newest) - index * day);
    return timed(new Date(time).toISOString(), fields);
  });
}

export function lookOf(snapshots: readonly TimedSnapshot[], changes: Partial<Look> = {}): Look {
  return {
    now: at("2026-11-20T12:00:00Z"),
    snapshots,
    keys: ["k".repeat(64)],
    overwritten: { kind: "seen", value: { total: 0, lately: 0, example: null } },
    lifecycle: { kind: "seen", value: { kind: "none" } },
    ...changes,
  };
}
