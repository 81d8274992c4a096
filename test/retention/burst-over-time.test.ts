import { describe, expect, it } from "vitest";
import { addMilliseconds, formatInstant, type Instant } from "../../src/base/instant.ts";
import type { TimedSnapshot } from "../../src/retention/clocks.ts";
import { planRetention } from "../../src/retention/plan.ts";
import { parseRecord } from "../../src/retention/record-file.ts";
import { withAccepted, withForgotten, withPlan } from "../../src/retention/record-run.ts";
import { emptyRecord, type RetentionRecord } from "../../src/retention/record.ts";
import type { RetentionRules } from "../../src/retention/rules.ts";
import { at, lookOf, sampleSettings, timed } from "./sample-settings.ts";

const hour = 3_600_000;
const day = 24 * hour;
const begin = at("2024-01-01T03:00:00Z");

/** A trusted host that prunes what comes, run after run. */
class Years {
  readonly #settings;
  #record: RetentionRecord = emptyRecord;
  #standing: readonly TimedSnapshot[] = [];
  #now = begin;

  constructor(rules: Omit<RetentionRules, "group-by">) {
    this.#settings = sampleSettings({ rules: { "group-by": "host,paths", ...rules } });
  }

  /** Backups at that interval, in milliseconds, until so many days have passed. */
  pass(days: number, every: number): void {
    const until = addMilliseconds(this.#now, days * day);
    const came: TimedSnapshot[] = [];
    for (let time = this.#now; time < until; time = addMilliseconds(time, every)) came.push(timed(formatInstant(time)));
    this.#standing = [...this.#standing, ...came];
    this.#now = until;
  }

  /** Honestly dated ones of a thief, within a minute. */
  flood(count: number): void {
    const times = Array.from({ length: count }, (_, index) => addMilliseconds(this.#now, index * 1000 - 60_000));
    this.#standing = [...this.#standing, ...times.map((time) => timed(formatInstant(time)))];
  }

  /** The rails that hold; where none does, it forgets. */
  prune(): readonly string[] {
    const firstSeen = (id: string): Instant => this.#record.snapshots[id]?.firstSeen ?? this.#now;
    const snapshots = this.#standing.map((each) => ({ ...each, firstSeen: firstSeen(each.id) }));
    const look = lookOf(snapshots, { now: this.#now });
    const plan = planRetention(look, this.#record, this.#settings);
    this.#record = withPlan(this.#record, look, plan);
    if (plan.held.length > 0) return plan.held.map(({ rail, figure }) => `${rail}: ${figure}`);
    const ids = plan.decisions.filter(({ keep }) => !keep).map(({ snapshot }) => snapshot.id);
    const accepted = withAccepted(this.#record, look, { plan, ids });
    this.#record = parseRecord(JSON.stringify(withForgotten(accepted, ids, this.#now))) ?? emptyRecord;
    this.#standing = this.#standing.filter(({ id }) => !ids.includes(id));
    return [];
  }
}

const quickStart = { "keep-daily": 7, "keep-weekly": 5, "keep-monthly": 12 };

describe("burst, over years of pruning that thins out what stands", () => {
  it.each<readonly [string, { every: number; prune: number; first: number }, Omit<RetentionRules, "group-by">]>([
    ["daily backups, pruned every week", { every: day, prune: 7, first: 7 }, quickStart],
    ["daily backups, pruned every two weeks", { every: day, prune: 14, first: 14 }, quickStart],
    ["daily backups, pruned every day", { every: day, prune: 1, first: 1 }, quickStart],
    ["backups every six hours, of which one a day is kept", { every: 6 * hour, prune: 7, first: 7 }, quickStart],
    ["daily backups that nobody pruned for half a year", { every: day, prune: 7, first: 180 }, quickStart],
    ["daily backups, kept for years", { every: day, prune: 7, first: 7 }, { ...quickStart, "keep-yearly": 10 }],
    ["weekly backups, pruned every month", { every: 7 * day, prune: 30, first: 30 }, { "keep-monthly": 12 }],
  ])("never holds %s", (_, { every, prune, first }, rules) => {
    const years = new Years(rules);
    years.pass(first, every);
    expect(years.prune()).toEqual([]);
    for (let days = 0; days < 500; days += prune) {
      years.pass(prune, every);
      expect(years.prune()).toEqual([]);
    }
    years.pass(prune, every);
    years.flood(8);
    expect(years.prune()).toEqual([expect.stringMatching(/^burst: /)]);
  });
});

describe("silent-host, after years of pruning that thins out what stands", () => {
  it("still notices within a week that daily backups have stopped", () => {
    const years = new Years(quickStart);
    for (let week = 0; week < 60; week++) {
      years.pass(7, day);
      expect(years.prune()).toEqual([]);
    }
    years.pass(4, 4 * day);
    expect(years.prune()).toEqual(["silent-host: nothing from nas for 4d, usual is a backup every 1d"]);
  });
});
