import { describe, expect, it } from "vitest";
import type { VersionIdTime } from "../../src/base/version-id-time.ts";
import { historyReading, mayBeForged } from "../../src/cli/history-reading.ts";
import { sampleProfile } from "../doubles/sample-profile.ts";

describe("historyReading()", () => {
  it.each<[VersionIdTime | null, ReturnType<typeof historyReading>]>([
    [null, { order: "interleaved", resolution: "second" }],
    ["none", { order: "interleaved", resolution: "second" }],
    ["b2", { order: "interleaved", resolution: "second", idTime: "b2" }],
    ["ulid", { order: "interleaved", resolution: "millisecond", idTime: "ulid" }],
    ["seaweed", { order: "interleaved", resolution: "millisecond", idTime: "seaweed" }],
    ["swift", { order: "interleaved", resolution: "millisecond", idTime: "swift" }],
  ])("takes the time of version ids (%s) for what it is worth", (value, reading) => {
    const known = { evidence: "tried" } as const;
    const profile = sampleProfile({
      listOrder: { value: "interleaved", ...known },
      dateResolution: { value: "second", ...known },
      versionIdTime: { value, ...known },
    });
    expect(historyReading(profile)).toEqual(reading);
  });

  it("believes in no order, and rounds no T down, where nothing is known", () =>
    expect(historyReading(sampleProfile())).toEqual({ order: "split", resolution: "millisecond" }));
});

describe("mayBeForged()", () => {
  it.each<[string, boolean | null, boolean]>([
    ["minio", true, true],
    ["generic", null, true],
    ["generic", false, false],
    ["aws", null, false],
  ])("of %s, of which the profile says %s: %s", (name, value, expected) => {
    const profile = { ...sampleProfile({ historyForgeable: { value, evidence: "tried" } }), name };
    expect(mayBeForged(profile)).toBe(expected);
  });
});
