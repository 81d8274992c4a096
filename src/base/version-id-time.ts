import { parseInstant } from "./instant.ts";
import type { Instant } from "./instant.ts";
import type { VersionId } from "./version-id.ts";

/**
 * How a store writes the time into its version ids; `none`: it does not. `ulid`: Versity; `seaweed`: SeaweedFS; `swift`:
 * OpenStack Swift; `b2`: Backblaze.
 */
export const versionIdTimes = ["none", "ulid", "seaweed", "swift", "b2"] as const;
export type VersionIdTime = (typeof versionIdTimes)[number];

/**
 * When a version was made by the word of its id, milliseconds and below cut off; B2 writes whole seconds. Null for an id
 * of another form, `null` among them.
 */
export function instantOfVersionId(id: VersionId, scheme: VersionIdTime): Instant | null {
  switch (scheme) {
    case "none":
      return null;
    case "ulid":
      return ulidTime(id);
    case "seaweed":
      return seaweedTime(id);
    case "swift":
      return swiftTime(id);
    case "b2":
      return b2Time(id);
  }
}

/** Crockford's base 32, which leaves out I, L, O and U. */
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A ULID begins with 48 bits of milliseconds in ten letters (github.com/ulid/spec). */
function ulidTime(id: VersionId): Instant | null {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(id)) return null;
  let milliseconds = 0;
  for (const letter of id.slice(0, 10).toUpperCase()) milliseconds = milliseconds * 32 + crockford.indexOf(letter);
  return milliseconds as Instant;
}

/** Nanoseconds in 16 hex digits before 16 random ones; since 2025 counted down from the largest, so that the newest sorts first. */
function seaweedTime(id: VersionId): Instant | null {
  if (!/^[0-9a-f]{32}$/.test(id)) return null;
  const written = BigInt(`0x${id.slice(0, 16)}`);
  const largest = 0x7fff_ffff_ffff_ffffn;
  if (written > largest) return null;
  // SeaweedFS tells the two forms apart by the same bound: times before 2116 lie below it as they are, above it inverted.
  const nanoseconds = written > 0x4000_0000_0000_0000n ? largest - written : written;
  return Number(nanoseconds / 1_000_000n) as Instant;
}

/** A Swift timestamp: seconds with five digits after the point. */
function swiftTime(id: VersionId): Instant | null {
  const [, seconds, milliseconds] = /^(\d{10})\.(\d{3})\d{2}(?:_[0-9a-f]+)?$/.exec(id) ?? [];
  return seconds === undefined ? null : ((Number(seconds) * 1000 + Number(milliseconds)) as Instant);
}

function b2Time(id: VersionId): Instant | null {
  const [, date = "", time = ""] = /_d(\d{8})_m(\d{6})_/.exec(id) ?? [];
  const day = date.replace(/^(....)(..)(..)$/, "$1-$2-$3");
  return parseInstant(`${day}T${time.replace(/^(..)(..)(..)$/, "$1:$2:$3")}Z`);
}
