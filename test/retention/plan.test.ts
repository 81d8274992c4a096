import { describe, expect, it } from "vitest";
import { addMilliseconds, type Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { TimedSnapshot } from "../../src/retention/clocks.ts";
import type { Look } from "../../src/retention/look.ts";
import {
  checkFailed,
  isLasting,
  planRetention,
  railNames,
  stillHeld,
  type HeldRail,
} from "../../src/retention/plan.ts";
import { withAccepted, withPlan } from "../../src/retention/record-run.ts";
import { emptyRecord, findingId, withHold, withSettled, type RetentionRecord } from "../../src/retention/record.ts";
import type { LifecycleRule } from "../../src/store/bucket-settings.ts";
import { at, daily, lookOf, sampleSettings, timed } from "./sample-settings.ts";

const day = 86_400_000;
const settings = sampleSettings({ rules: { "group-by": "host", "keep-last": 100 } });
const real = daily(10, "2026-11-20T03:00:00Z", { summary: { files: 400, bytes: 40_000_000, duration: 0 } });
const known = recordOf(lookOf(real.slice(1), { now: at("2026-11-19T12:00:00Z") }));

/** The record of a host that has pruned once, with this look. */
function recordOf(look: Look, before: RetentionRecord = emptyRecord): RetentionRecord {
  const plan = planRetention(look, before, settings);
  return { ...withAccepted(withPlan(before, look, plan), look, { plan, ids: [] }), intent: null };
}

function heldBy(look: Look, record: RetentionRecord | null, changes = settings): readonly HeldRail[] {
  return planRetention(look, record, changes).held;
}

const names = (held: readonly HeldRail[]): readonly string[] => held.map(({ rail }) => rail);

function after(instant: Instant, seconds: number): string {
  return new Date(addMilliseconds(instant, seconds * 1000)).toISOString();
}

const rule = (fields: Partial<LifecycleRule>): LifecycleRule => ({
  id: "old",
  isEnabled: true,
  prefix: "",
  noncurrentDays: null,
  newerNoncurrentVersions: null,
  currentDays: null,
  abortUploadsDays: null,
  ...fields,
});

function lifecycle(...rules: readonly LifecycleRule[]): Look["lifecycle"] {
  return { kind: "seen", value: { kind: "set", value: { text: "", rules } } };
}

const flood = Array.from({ length: 14 }, (_, index) =>
  timed(after(at("2026-11-20T10:00:00Z"), index * 13), { summary: { files: 400, bytes: 40_000_000, duration: 0 } }),
);
const small = timed("2026-11-20T04:00:00Z", { summary: { files: 3, bytes: 900, duration: 0 } });
const huge = timed("2026-11-20T04:00:00Z", { summary: { files: 9000, bytes: 900_000_000, duration: 0 } });
const stored = at("2026-11-20T05:00:00Z");
const overwritten = (total: number, lately: number): Partial<Look> => ({
  overwritten: { kind: "seen", value: { total, lately, example: objectKey("home/data/3f/3f") } },
});

interface Case {
  readonly name: string;
  readonly look: Look;
  readonly record?: RetentionRecord | null;
  readonly changes?: typeof settings;
  readonly rails: readonly string[];
  readonly figure?: string;
}

const window = (milliseconds: number) =>
  ({ ...settings, limits: { ...settings.limits, recoveryWindow: milliseconds } }) as const;
const plus = (...more: readonly TimedSnapshot[]): readonly TimedSnapshot[] => [...real, ...more];

const cases: readonly Case[] = [
  { name: "nothing where a day brought a backup like those before", look: lookOf(real), rails: [] },
  {
    name: "an empty list",
    look: lookOf([]),
    record: null,
    rails: ["empty-list"],
    figure: "there is no snapshot to keep",
  },
  {
    name: "an emptied group, naming it",
    look: lookOf([...real, timed("2020-01-01T00:00:00Z", { host: "laptop" })]),
    record: null,
    changes: sampleSettings({ rules: { "group-by": "host", "keep-within": "30d", "keep-tag": ["x"] } }),
    rails: [],
  },
  {
    name: "groups that a mistyped tag would empty",
    look: lookOf([...real, timed("2026-11-20T01:00:00Z", { host: "desk" })]),
    record: null,
    changes: sampleSettings({ rules: { "group-by": "host", "keep-tag": ["dialy"] } }),
    rails: ["group-emptied"],
    figure: "no snapshot would be left of host desk and 1 more",
  },
  {
    name: "a rule that keeps an old tag and not the newest",
    look: lookOf([...real, timed("2026-11-09T03:00:00Z", { tags: ["vip"] })]),
    record: null,
    changes: sampleSettings({ rules: { "group-by": "host", "keep-tag": ["vip"] } }),
    rails: ["newest-lost"],
  },
  {
    name: "a flood of honestly dated snapshots",
    look: lookOf(plus(...flood)),
    rails: ["burst"],
    figure: "15 snapshots of host nas within 7h 2m, usual is one every 1d",
  },
  { name: "no extra backup of three a day", look: lookOf(plus(...flood.slice(0, 3))), rails: [] },
  {
    name: "a flood also on a first run, by what is usual in it",
    look: lookOf(plus(...flood.slice(0, 6))),
    record: null,
    rails: ["burst"],
  },
  {
    name: "many since the last run though the store spreads their dates",
    look: lookOf([...real, ...daily(9, "2026-11-11T03:10:00Z", { firstSeen: at("2026-11-20T12:00:00Z") })]),
    rails: ["burst", "late-arrival"],
  },
  {
    name: "dates of store and client from before a run that saw nothing of the kind",
    look: lookOf(plus(timed("2026-11-17T23:59:59Z"))),
    rails: ["late-arrival"],
  },
  {
    name: "no snapshot that came while the last run looked",
    look: lookOf(plus(timed("2026-11-19T11:59:00Z"))),
    rails: [],
  },
  {
    name: "times ahead of the store",
    look: lookOf(plus(timed("2027-03-01T00:00:00Z", { storedAt: stored }))),
    rails: ["future-dated"],
    figure: "1 snapshot claims times ahead of the store (limit 1h)",
  },
  {
    name: "times from before",
    look: lookOf(
      plus(timed("2026-11-01T00:00:00Z", { storedAt: stored }), timed("2026-11-02T00:00:00Z", { storedAt: stored })),
    ),
    rails: ["clock-skew"],
    figure: "2 snapshots claim times from before they were stored (limit 1h)",
  },
  {
    name: "no rewritten snapshot whose original was stored then",
    look: lookOf(
      plus(
        timed("2026-11-12T03:00:00Z", {
          storedAt: stored,
          originalStoredAt: at("2026-11-12T03:00:00Z"),
          original: "o",
        }),
      ),
    ),
    rails: [],
  },
  {
    name: "a host nobody has seen",
    look: lookOf(plus(timed("2026-11-20T04:00:00Z", { host: "evil host" }))),
    rails: ["unknown-host"],
    figure: 'new host: "evil host"',
  },
  {
    name: "a tag nobody has seen",
    look: lookOf(plus(timed("2026-11-20T04:00:00Z", { tags: ["odd", "odder"] }))),
    rails: ["new-tag"],
    figure: "new tags: odd and 1 more",
  },
  {
    name: "a new key",
    look: lookOf(real, { keys: ["k".repeat(64), "e".repeat(64)] }),
    rails: ["new-key"],
    figure: "new object: keys/eeeeeeee",
  },
  { name: "nothing new on a first run", look: lookOf(real), record: null, rails: [] },
  { name: "a backup of next to nothing", look: lookOf(plus(small)), rails: ["size-collapsed", "files-collapsed"] },
  { name: "a backup far too large", look: lookOf(plus(huge)), rails: ["size-exploded", "files-exploded"] },
  {
    name: "data overwritten since the last run",
    look: lookOf(real, overwritten(3, 2)),
    rails: ["overwritten-data"],
    figure: "2 objects were overwritten with other bytes, such as home/data/3f/3f",
  },
  { name: "no overwriting from before the last run", look: lookOf(real, overwritten(3, 0)), rails: [] },
  {
    name: "more overwritten data where dates can be forged",
    look: lookOf(real, overwritten(3, 0)),
    changes: { ...settings, historyForgeable: true },
    rails: ["overwritten-data"],
  },
  {
    name: "a host that has gone silent",
    look: lookOf(real, { now: at("2026-11-25T03:00:00Z") }),
    record: { ...known },
    rails: ["silent-host"],
    figure: "nothing from nas for 5d, usual is a backup every 1d",
  },
  { name: "no silence of a long weekend", look: lookOf(real, { now: at("2026-11-23T02:00:00Z") }), rails: [] },
  {
    name: "snapshots that are gone though nobody here forgot them",
    look: lookOf(real.slice(0, 8)),
    rails: ["snapshots-missing"],
  },
  {
    name: "no snapshot that this host was about to forget",
    look: lookOf(real.slice(0, 8)),
    record: { ...known, intent: { at: at("2026-11-20T02:00:00Z"), ids: real.slice(8).map(({ id }) => id) } },
    rails: [],
  },
  {
    name: "no snapshot that another stands for",
    look: lookOf([
      ...real.slice(0, 9),
      timed(real[9]?.timeText ?? "", {
        original: real[9]?.id ?? "",
        originalStoredAt: real[9]?.storedAt ?? stored,
        storedAt: stored,
      }),
    ]),
    rails: [],
  },
  {
    name: "a last check from long ago",
    look: lookOf(real),
    record: { ...known, check: { at: at("2026-10-01T00:00:00Z"), errors: 0, readData: "1/30" } },
    rails: ["check-too-old"],
    figure: "the last check that came to its end was 50d 12h ago (limit 35d)",
  },
  {
    name: "a lifecycle shorter than the window",
    look: lookOf(real, { lifecycle: lifecycle(rule({ noncurrentDays: 14 })) }),
    changes: window(35 * day),
    rails: ["lifecycle-short"],
  },
  {
    name: "no lifecycle as long as the window",
    look: lookOf(real, { lifecycle: lifecycle(rule({ noncurrentDays: 35 })) }),
    changes: window(35 * day),
    rails: [],
  },
  {
    name: "no short lifecycle elsewhere, of locks, or switched off",
    look: lookOf(real, {
      lifecycle: lifecycle(
        rule({ noncurrentDays: 1, prefix: "other/" }),
        rule({ noncurrentDays: 1, prefix: "home/locks/" }),
        rule({ noncurrentDays: 1, isEnabled: false }),
      ),
    }),
    changes: window(35 * day),
    rails: [],
  },
  {
    name: "a hold",
    look: lookOf(real),
    record: withHold(known, "looking into it", at("2026-11-20T01:00:00Z")),
    rails: ["hold"],
    figure: "since 2026-11-20T01:00:00Z: looking into it",
  },
];

describe("planRetention() is held by", () => {
  it.each(cases)("$name", ({ look, record = known, changes = settings, rails, figure }) => {
    const held = heldBy(look, record, changes);
    expect(names(held)).toEqual(rails);
    if (figure !== undefined) expect(held[0]?.figure).toBe(figure);
  });

  it("every rail that there is, in one case or another", () => {
    const tried = new Set(cases.flatMap(({ rails }) => rails));
    expect(railNames.filter((name) => !tried.has(name))).toEqual(["findings", "check-failed"]);
  });
});

describe("planRetention() cannot judge", () => {
  const unjudged = (look: Look, record: RetentionRecord | null) =>
    planRetention(look, record, settings).unjudged.map(({ rail }) => rail);

  it("what is new on a first run, which it says", () => {
    const plan = planRetention(lookOf(real), null, settings);
    expect(plan.isFirstRun).toBe(true);
    expect(plan.unjudged.map(({ rail }) => rail)).toEqual(
      expect.arrayContaining(["unknown-host", "new-tag", "new-key", "size-collapsed", "check-too-old"]),
    );
  });

  it("the history without a key that may list it", () => {
    const why = "needs the monitor's or the rescuer's key on this host";
    const look = lookOf(real, { overwritten: { kind: "unseen", why } });
    expect(planRetention(look, known, settings).unjudged).toContainEqual({ rail: "overwritten-data", why });
  });

  it("sizes that restic did not write", () =>
    expect(unjudged(lookOf(daily(1, "2026-11-20T03:00:00Z")), known)).toContain("size-collapsed"));

  it("a burst where too few are known to tell what is usual", () =>
    expect(unjudged(lookOf(real.slice(0, 2)), recordOf(lookOf(real.slice(1, 2))))).toContain("burst"));

  it("a second run after a first that was held, as little as the first", () => {
    const look = lookOf(plus(...flood));
    const held = withPlan(emptyRecord, look, planRetention(look, null, settings));
    const again = planRetention(look, held, settings);
    expect(again.isFirstRun).toBe(true);
    expect(names(again.held)).toEqual(["burst"]);
  });
});

describe("burst, where the rules keep a single snapshot", () => {
  const known = real.slice(1, 6).map(({ id, storedAt }) => {
    return [id, { firstSeen: storedAt, accepted: true, goneAt: id === real[1]?.id ? null : storedAt }] as const;
  });
  const record = {
    ...emptyRecord,
    acceptedAt: at("2026-11-19T12:00:00Z"),
    hosts: ["nas"],
    keys: ["k".repeat(64)],
    snapshots: Object.fromEntries(known),
  };

  it("goes by how often new ones came on record", () => {
    expect(names(heldBy(lookOf(real.slice(0, 2)), record))).toEqual([]);
    expect(names(heldBy(lookOf([...real.slice(0, 2), ...flood]), record))).toEqual(["burst"]);
  });
});

describe("a finding", () => {
  const withKey = lookOf(real, { keys: ["k".repeat(64), "e".repeat(64)] });
  const found = withPlan(known, withKey, planRetention(withKey, known, settings));
  const id = findingId("new-key", "e".repeat(64));
  const settlement = { reason: "made by me", settledAt: at("2026-11-20T13:00:00Z") };

  it("stays open with the date on which it was found", () => {
    const later = { ...withKey, now: at("2026-11-21T12:00:00Z") };
    const again = withPlan(found, later, planRetention(later, found, settings));
    expect(again.findings).toEqual([
      { id, rail: "new-key", subject: "e".repeat(64), evidence: "keys/eeeeeeee", foundAt: withKey.now },
    ]);
  });

  it("holds as an unresolved one when the key that somebody added is gone again", () => {
    expect(names(heldBy(lookOf(real), found))).toEqual(["findings"]);
  });

  it("that was settled does not hold any more, and is on record with the reason", () => {
    const settled = withSettled(found, id, settlement);
    expect(settled?.settled).toMatchObject([{ id, reason: "made by me", isForGood: true }]);
    expect(names(heldBy(withKey, settled))).toEqual([]);
    expect(names(heldBy(lookOf(real), settled))).toEqual([]);
    expect(withSettled(found, "new-key-00000000", settlement)).toBeNull();
  });

  it("does not settle another one that was made to have its id", () => {
    const settled = withSettled(found, id, settlement);
    const record = settled && { ...settled, settled: settled.settled.map((each) => ({ ...each, subject: "other" })) };
    expect(names(heldBy(withKey, record))).toEqual(["new-key"]);
  });

  it("that was let through is known from then on, and another one holds again", () => {
    const accepted = recordOf(withKey, found);
    expect(accepted.settled).toMatchObject([{ id, reason: "let through once by --release new-key", isForGood: false }]);
    expect(names(heldBy(withKey, accepted))).toEqual([]);
    const another = lookOf(real, { keys: [...withKey.keys, "f".repeat(64)] });
    expect(names(heldBy(another, accepted))).toEqual(["new-key"]);
  });

  it("of a rail that leaves no trace is dropped when it is not found any more", () => {
    const silent = lookOf(real, { now: at("2026-11-25T03:00:00Z") });
    const held = withPlan(known, silent, planRetention(silent, known, settings));
    expect(held.findings.map(({ rail }) => rail)).toEqual(["silent-host"]);
    expect(withPlan(held, lookOf(real), planRetention(lookOf(real), held, settings)).findings).toEqual([]);
    expect(isLasting("silent-host")).toBe(false);
  });
});

describe("stillHeld()", () => {
  const held = heldBy(lookOf([]), withHold(known, "why", at("2026-11-20T01:00:00Z")));
  it("lets go what is released, but no hold and no empty list", () => {
    expect(names(stillHeld(held, new Set(railNames)))).toEqual(["hold", "empty-list"]);
    expect(names(stillHeld(heldBy(lookOf(plus(...flood)), known), new Set(["burst"])))).toEqual([]);
  });
});

describe("checkFailed()", () => {
  it("holds from one error on", () => {
    expect(checkFailed(0, null)).toBeNull();
    expect(checkFailed(1, null)?.figure).toBe("check found 1 error");
    expect(checkFailed(2, "3/30")?.figure).toBe("check found 2 errors (data read: 3/30)");
  });
});
