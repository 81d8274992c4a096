import { describe, expect, it } from "vitest";
import { addMilliseconds, instantFromMilliseconds } from "../../src/base/instant.ts";
import { decideByClocks, skewOf, type TimedSnapshot } from "../../src/retention/clocks.ts";
import { decide, type RetentionRules } from "../../src/retention/rules.ts";
import { at, daily, timed } from "./sample-settings.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = at("2026-11-20T18:00:00Z");
const settings = { now, timeZone: "UTC", tolerance: hour, historyForgeable: false };
const real = daily(5, "2026-11-20T12:00:00Z");
const ids = new Set(real.map(({ id }) => id));

function realKept(snapshots: readonly TimedSnapshot[], rules: Partial<RetentionRules>, forgeable = false): number {
  const decisions = decideByClocks(
    snapshots,
    { "group-by": "", ...rules },
    { ...settings, historyForgeable: forgeable },
  );
  return decisions.filter(({ snapshot, keep }) => keep && ids.has(snapshot.id)).length;
}

function keptByRestic(snapshots: readonly TimedSnapshot[], rules: Partial<RetentionRules>): number {
  const decisions = decide(snapshots, { "group-by": "", ...rules }, now);
  return decisions.filter(({ snapshot, keep }) => keep && ids.has(snapshot.id)).length;
}

/** Stored a second after another in the afternoon, with times of the thief's choice. */
function forged(times: readonly string[], fields: Partial<TimedSnapshot> = {}): readonly TimedSnapshot[] {
  return times.map((text, index) =>
    timed(text, { storedAt: addMilliseconds(at("2026-11-20T15:00:00Z"), index * 1000), ...fields }),
  );
}

const endsOfDays = [20, 19, 18, 17, 16].map((date) => `2026-11-${date}T23:59:59Z`);
const nextMonths = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2026, 11 + month, 20, 12)).toISOString());
const longAgo = Array.from({ length: 40 }, (_, index) => new Date(Date.UTC(2026 - index, 0, 1)).toISOString());

/** The table of restic.md §7, and what stands against it. */
describe("decideByClocks() against snapshots with forged times", () => {
  const policies: readonly Partial<RetentionRules>[] = [
    { "keep-last": 5 },
    { "keep-hourly": 5 },
    { "keep-daily": 7 },
    { "keep-weekly": 4 },
    { "keep-monthly": 12 },
    { "keep-yearly": 3 },
    { "keep-within": "30d" },
    { "keep-within-hourly": "30d" },
    { "keep-within-daily": "30d" },
    { "keep-within-weekly": "30d" },
    { "keep-within-monthly": "1y" },
    { "keep-within-yearly": "2y" },
    { "keep-last": 2, "keep-daily": 3, "keep-weekly": 2 },
  ];
  const attacks = [
    ["at the last second of each of the same days", forged(endsOfDays)],
    ["ahead by a month each", forged(nextMonths)],
    ["a second after each real one", forged(real.map(({ time }) => new Date(time + 1000).toISOString()))],
    ["in each of forty years", forged(longAgo)],
    [
      "as if they replaced the real ones",
      real.flatMap((each) =>
        forged([new Date(each.time + 1000).toISOString()], { original: each.id, originalStoredAt: each.storedAt }),
      ),
    ],
  ] as const;
  const cases = attacks.flatMap(([name, fakes]) =>
    policies.map((rules) => ({ name, fakes, rules, text: JSON.stringify(rules) })),
  );

  it.each(cases)("keeps under $text what it kept before forged ones $name", ({ fakes, rules }) => {
    expect(realKept([...real, ...fakes], rules)).toBeGreaterThanOrEqual(realKept(real, rules));
  });

  it("where restic itself forgets nearly all", () => {
    expect(keptByRestic([...real, ...forged(endsOfDays)], { "keep-daily": 7 })).toBeLessThanOrEqual(1);
    expect(keptByRestic([...real, ...forged(nextMonths)], { "keep-last": 5 })).toBe(0);
  });

  it("keeps them also where the store's dates can be forged, all but today's, if this host had seen them before", () => {
    const both = endsOfDays.map((text) => timed(text, { storedAt: at(text), firstSeen: now }));
    for (const rules of policies.filter(
      (each) => each["keep-last"] === undefined && each["keep-hourly"] === undefined,
    )) {
      expect(realKept([...real, ...both], rules, true), JSON.stringify(rules)).toBeGreaterThanOrEqual(
        realKept(real, rules, true) - 1,
      );
    }
  });

  it("lets many honestly dated ones flood keep-last: that is what the rail burst is for", () => {
    const flood = Array.from({ length: 5 }, (_, index) => timed(`2026-11-20T16:0${index}:00Z`));
    expect(realKept([...real, ...flood], { "keep-last": 5 })).toBe(0);
  });
});

describe("decideByClocks()", () => {
  it("decides as restic does where all clocks agree, with the same reasons", () => {
    const many = daily(60, "2026-11-20T12:00:00Z");
    const rules = { "group-by": "host", "keep-daily": 7, "keep-weekly": 4, "keep-within": "10d" };
    const ours = decideByClocks(many, rules, settings);
    const restics = decide(many, rules, now);
    expect(ours.map(({ snapshot, keep, reasons }) => [snapshot.id, keep, reasons])).toEqual(
      restics.map(({ snapshot, keep, reasons }) => [snapshot.id, keep, reasons]),
    );
  });

  it("still forgets by the clients' times after a migration, when all objects are from today", () => {
    const moved = daily(30, "2026-11-20T12:00:00Z", { storedAt: at("2026-11-20T17:00:00Z") });
    const kept = decideByClocks(moved, { "group-by": "", "keep-daily": 7 }, settings).filter(({ keep }) => keep);
    expect(kept).toHaveLength(8);
    expect(kept.at(-1)?.reasons).toEqual(["oldest daily snapshot (store)"]);
  });

  it("takes of those that were first seen in one run the one stored last for the newest", () => {
    const together = daily(3, "2026-11-20T12:00:00Z", { firstSeen: now }).toReversed();
    const decisions = decideByClocks(
      together,
      { "group-by": "", "keep-last": 1 },
      { ...settings, historyForgeable: true },
    );
    expect(decisions.map(({ keep }) => keep)).toEqual([true, false, false]);
  });

  it("says by which clocks a rule keeps a snapshot", () => {
    const fakes = forged(["2026-11-20T23:59:59Z"]);
    const decisions = decideByClocks([...real.slice(0, 1), ...fakes], { "group-by": "", "keep-last": 1 }, settings);
    expect(decisions.map(({ keep, keptBy, reasons }) => ({ keep, keptBy, reasons }))).toEqual([
      { keep: true, keptBy: ["client", "store"], reasons: ["last snapshot (client, store)"] },
      { keep: true, keptBy: ["agreed"], reasons: ["last snapshot (agreed)"] },
    ]);
  });

  it.each([
    ["UTC", ["2026-11-20T23:30:00Z", "2026-11-20T00:30:00Z"], 1],
    ["Asia/Kolkata", ["2026-11-19T23:30:00Z", "2026-11-20T00:30:00Z"], 1],
    ["America/Anchorage", ["2026-11-20T08:30:00Z", "2026-11-20T09:30:00Z"], 2],
  ])("counts days in %s whatever zones the clients wrote", (timeZone, times, expected) => {
    const snapshots = times.map((text) => timed(text));
    const later = addMilliseconds(now, day);
    const decisions = decideByClocks(
      snapshots,
      { "group-by": "", "keep-within-daily": "9d" },
      { ...settings, now: later, timeZone },
    );
    expect(
      decisions.filter(({ keep, reasons }) => keep && reasons.some((each) => each.startsWith("daily"))),
    ).toHaveLength(expected);
  });

  it("counts back over the end of summer time on the zone's own clocks", () => {
    const newest = timed("2026-10-26T00:30:00Z");
    const older = timed("2026-10-24T23:29:59Z");
    const kept = (snapshot: TimedSnapshot): boolean | undefined =>
      decideByClocks(
        [newest, snapshot],
        { "group-by": "", "keep-within": "1d" },
        { ...settings, timeZone: "Europe/Berlin" },
      ).at(-1)?.keep;
    expect(kept(older)).toBe(false);
    expect(kept(timed("2026-10-24T23:30:01Z"))).toBe(true);
  });
});

describe("skewOf()", () => {
  const summary = (hours: number) => ({ files: 1, bytes: 1, duration: hours * hour });
  it.each([
    ["none", {}, 0],
    ["ahead of the store", { storedAt: at("2026-11-20T01:00:00Z") }, -2 * hour],
    ["behind it", { storedAt: at("2026-11-20T06:00:00Z") }, 3 * hour],
    ["none for a backup that ran so long", { storedAt: at("2026-11-20T06:00:00Z"), summary: summary(3) }, 0],
    [
      "what a claim of weeks leaves beyond three days",
      { storedAt: instantFromMilliseconds(at("2026-11-20T03:00:00Z") + 10 * day), summary: summary(900) },
      7 * day,
    ],
  ])("is %s", (_, fields, expected) => expect(skewOf(timed("2026-11-20T03:00:00Z", fields))).toBe(expected));
});
