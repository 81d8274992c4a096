import { describe, expect, it } from "vitest";
import { formatInstant } from "../../src/base/instant.ts";
import { versionId } from "../../src/base/version-id.ts";
import { instantOfVersionId } from "../../src/base/version-id-time.ts";
import type { VersionIdTime } from "../../src/base/version-id-time.ts";

describe("instantOfVersionId()", () => {
  const nanoseconds = BigInt(Date.parse("2026-11-20T03:00:00.123Z")) * 1_000_000n + 456_789n;
  const inverted = (0x7fff_ffff_ffff_ffffn - nanoseconds).toString(16).padStart(16, "0");
  const raw = nanoseconds.toString(16).padStart(16, "0");

  it.each<[VersionIdTime, string, string | null]>([
    ["none", "01ARZ3NDEKTSV4RRFFQ69G5FAV", null],
    ["ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "2016-07-30T23:54:10.259Z"],
    ["ulid", "01arz3ndektsv4rrffq69g5fav", "2016-07-30T23:54:10.259Z"],
    ["ulid", "01ARZ3NDEKTSV4RRFFQ69G5FA", null],
    ["ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAU", null],
    ["ulid", "81ARZ3NDEKTSV4RRFFQ69G5FAV", null],
    ["ulid", "null", null],
    ["seaweed", `${inverted}0123456789abcdef`, "2026-11-20T03:00:00.123Z"],
    ["seaweed", `${raw}0123456789abcdef`, "2026-11-20T03:00:00.123Z"],
    ["seaweed", `ffffffffffffffff0123456789abcdef`, null],
    ["seaweed", inverted, null],
    ["seaweed", "null", null],
    ["swift", "1763607600.12345", "2025-11-20T03:00:00.123Z"],
    ["swift", "1763607600.12345_0000000000000001", "2025-11-20T03:00:00.123Z"],
    ["swift", "1763607600", null],
    ["swift", "null", null],
    ["b2", "4_z27c8_f1004ba650fe24e6b_d20220128_m232545_c004_v0402007_t0021", "2022-01-28T23:25:45Z"],
    ["b2", "4_z27c8_f1004ba650fe24e6b_d20220231_m232545_c004_v0402007_t0021", null],
    ["b2", "v1", null],
  ])("%s: %s is of %s", (scheme, id, expected) => {
    const instant = instantOfVersionId(versionId(id), scheme);
    expect(instant === null ? null : formatInstant(instant)).toBe(expected);
  });
});
