import type { Instant } from "../base/instant.ts";
import type { Snapshot } from "../restic/snapshot.ts";
import {
  compareTimes,
  earlierBy,
  formatCalendarDuration,
  parseCalendarDuration,
  periodOf,
  zonedTime,
  type CalendarDuration,
  type Period,
  type ZonedTime,
} from "./calendar.ts";

/** What to keep, under restic's own names. A snapshot is kept where any one rule keeps it. */
export interface RetentionRules {
  readonly "keep-last"?: number | undefined;
  readonly "keep-hourly"?: number | undefined;
  readonly "keep-daily"?: number | undefined;
  readonly "keep-weekly"?: number | undefined;
  readonly "keep-monthly"?: number | undefined;
  readonly "keep-yearly"?: number | undefined;
  /** Years, months, days and hours: `1y5m7d2h`. */
  readonly "keep-within"?: string | undefined;
  readonly "keep-within-hourly"?: string | undefined;
  readonly "keep-within-daily"?: string | undefined;
  readonly "keep-within-weekly"?: string | undefined;
  readonly "keep-within-monthly"?: string | undefined;
  readonly "keep-within-yearly"?: string | undefined;
  /** Each a tag, or a comma list of tags that a snapshot must all have. */
  readonly "keep-tag"?: readonly string[];
  /** `host`, `paths`, `tags` joined by commas; empty for one group. */
  readonly "group-by": string;
}

export interface Decision {
  readonly snapshot: Snapshot;
  readonly keep: boolean;
  /** In restic's words, one for each rule that keeps it: `daily snapshot`, `within 7d`. Never empty. */
  readonly reasons: readonly string[];
}

/** Which time of a snapshot the rules go by. */
export type TimeOf = (snapshot: Snapshot) => ZonedTime;

export interface RuleClock {
  readonly now: Instant;
  readonly timeOf: TimeOf;
  /** Which of those of one time is the newer; by id where it is left out, or settles nothing. */
  readonly tieOf?: TimeOf;
}

export interface SnapshotGroup<Each extends Snapshot = Snapshot> {
  /** To read, and different for each group: `host nas, paths /etc /home`. */
  readonly key: string;
  /** Newest first, by the client's word; at the same instant by id. Never empty. */
  readonly snapshots: readonly Each[];
}

/** A snapshot at its place in its group. */
interface Place {
  readonly snapshot: Snapshot;
  readonly time: ZonedTime;
  /** Counted from the newest. */
  readonly index: number;
  readonly isOldest: boolean;
}

/** One rule on its way through a group, newest first: its reason to keep this snapshot, or null. */
type Walk = (place: Place) => string | null;

const periods: readonly Period[] = ["hourly", "daily", "weekly", "monthly", "yearly"];

/**
 * What restic 0.16 and later keep and forget under `rules` (internal/data/snapshot_policy.go), group by group in the
 * order of `groupsOf`, newest first. Older versions keep the same but for what only "oldest …" reasons keep.
 *
 * `keep-within` and its kin count back from the newest snapshot of the group that is not dated after `now`, else one
 * forged date ahead would push every real snapshot out; where all are, they keep all. They count in the zone written
 * in that snapshot, as restic does under `TZ=UTC`; under a zone with summer time restic's answer can be an hour off.
 * Rules that say nothing (all absent, 0 or `0d`) keep everything, as no restic forgets by an empty policy. A rule that
 * empties a group, at which restic since 0.17 refuses, is not refused here.
 */
export function decide(snapshots: readonly Snapshot[], rules: RetentionRules, now: Instant): readonly Decision[] {
  return decideBy(snapshots, rules, { now, timeOf: writtenTime });
}

/** As `decide`, by another time than the one that the client wrote; each group newest first by that time. */
export function decideBy(snapshots: readonly Snapshot[], rules: RetentionRules, clock: RuleClock): readonly Decision[] {
  return groupsOf(snapshots, rules["group-by"]).flatMap((group) => decideGroup(group.snapshots, rules, clock));
}

function decideGroup(group: readonly Snapshot[], rules: RetentionRules, clock: RuleClock): readonly Decision[] {
  const { now } = clock;
  const places = newestFirst(group, clock).map(({ snapshot, time }, index, { length }) => {
    return { snapshot, time, index, isOldest: index === length - 1 };
  });
  const latest = places.find(({ time }) => time.milliseconds < now);
  const walks = walksOf(rules, latest?.time ?? beforeAllDates);
  return places.map((place) => {
    if (walks.length === 0) return { snapshot: place.snapshot, keep: true, reasons: ["policy is empty"] };
    const matches = walks.map((walk) => walk(place)).filter((reason) => reason !== null);
    const keep = matches.length > 0;
    return { snapshot: place.snapshot, keep, reasons: keep ? matches : ["no rule keeps it"] };
  });
}

const beforeAllDates: ZonedTime = { milliseconds: Number.NEGATIVE_INFINITY, nanoseconds: 0, offset: 0 };

/** In restic's order, which is also that of the reasons. */
function walksOf(rules: RetentionRules, latest: ZonedTime): readonly Walk[] {
  const within = lengthOf(rules["keep-within"]);
  const last = rules["keep-last"] ?? 0;
  return [
    ...(rules["keep-tag"] ?? []).map(taggedWith),
    ...(within === null ? [] : [everyWithin(within, latest)]),
    ...(last === 0 ? [] : [newestOfEach(({ index }) => String(index), "last snapshot", last)]),
    ...periods.flatMap((period) => {
      const most = rules[`keep-${period}`] ?? 0;
      return most === 0 ? [] : [newestOfEach(bucketsOf(period), `${period} snapshot`, most)];
    }),
    ...periods.flatMap((period) => {
      const length = lengthOf(rules[`keep-within-${period}`]);
      return length === null ? [] : [newestWithin(period, length, latest)];
    }),
  ];
}

function taggedWith(list: string): Walk {
  const wanted = list.split(",").map((tag) => tag.trim());
  const reason = `has tags [${wanted.join(", ")}]`;
  return ({ snapshot: { tags } }) => (hasTags(tags, wanted) ? reason : null);
}

/** As restic reads them, an empty tag stands for "untagged" and settles it. */
function hasTags(tags: readonly string[], wanted: readonly string[]): boolean {
  for (const tag of wanted) {
    if (tag === "" && tags.length === 0) return true;
    if (!tags.includes(tag)) return false;
  }
  return true;
}

function everyWithin(length: CalendarDuration, latest: ZonedTime): Walk {
  const since = earlierBy(latest, length);
  const reason = `within ${formatCalendarDuration(length)}`;
  return ({ time }) => (compareTimes(time, since) > 0 ? reason : null);
}

function newestWithin(period: Period, length: CalendarDuration, latest: ZonedTime): Walk {
  const since = earlierBy(latest, length);
  const reason = `${period} within ${formatCalendarDuration(length)}`;
  const walk = newestOfEach(bucketsOf(period), reason, Number.POSITIVE_INFINITY);
  return (place) => (compareTimes(place.time, since) > 0 ? walk(place) : null);
}

function bucketsOf(period: Period): (place: Place) => string {
  return ({ time }) => periodOf(time, period);
}

/** The newest of each bucket, of `most` buckets; and while some are left over, the oldest snapshot of the group. */
function newestOfEach(bucketOf: (place: Place) => string, reason: string, most: number): Walk {
  let left = most;
  let last: string | null = null;
  return (place) => {
    if (left === 0) return null;
    const bucket = bucketOf(place);
    if (bucket === last && !place.isOldest) return null;
    const words = bucket === last ? `oldest ${reason}` : reason;
    last = bucket;
    left -= 1;
    return words;
  };
}

/** Null where it is absent or no time at all, which is no rule to restic. */
function lengthOf(text: string | undefined): CalendarDuration | null {
  if (text === undefined) return null;
  const length = parseCalendarDuration(text);
  if (length === null) throw new RangeError(`"${text}" passed the configuration and is no length of time`);
  return formatCalendarDuration(length) === "" ? null : length;
}

const dimensions: Readonly<Record<string, (snapshot: Snapshot) => string>> = {
  host: ({ host }) => `host ${readable(host)}`,
  paths: ({ paths }) => listed("paths", paths),
  tags: ({ tags }) => listed("tags", tags),
};

/**
 * The groups that the rules hold for each on its own, sorted by key. The order and the repetition of `groupBy`'s words
 * do not matter, nor does the order of a snapshot's paths and tags. Empty for no snapshots.
 */
export function groupsOf<Each extends Snapshot>(
  snapshots: readonly Each[],
  groupBy: string,
): readonly SnapshotGroup<Each>[] {
  const words = groupBy.split(",").filter((word) => word !== "");
  const unknown = words.find((word) => !Object.hasOwn(dimensions, word));
  if (unknown !== undefined) throw new RangeError(`"${unknown}" passed the configuration and groups nothing`);
  const chosen = Object.entries(dimensions).filter(([word]) => words.includes(word));
  const groups = Map.groupBy(snapshots, (snapshot) => chosen.map(([, name]) => name(snapshot)).join(", "));
  return [...groups]
    .map(([key, members]) => ({ key: key === "" ? "all snapshots" : key, snapshots: sorted(members) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function sorted<Each extends Snapshot>(members: readonly Each[]): readonly Each[] {
  return newestFirst(members, { timeOf: writtenTime }).map(({ snapshot }) => snapshot);
}

function newestFirst<Each extends Snapshot>(
  snapshots: readonly Each[],
  { timeOf, tieOf }: Pick<RuleClock, "timeOf" | "tieOf">,
): readonly { readonly snapshot: Each; readonly time: ZonedTime }[] {
  const settle = (a: Each, b: Each): number => (tieOf === undefined ? 0 : compareTimes(tieOf(b), tieOf(a)));
  return snapshots
    .map((snapshot) => ({ snapshot, time: timeOf(snapshot) }))
    .toSorted(
      (a, b) =>
        compareTimes(b.time, a.time) || settle(a.snapshot, b.snapshot) || (a.snapshot.id < b.snapshot.id ? -1 : 1),
    );
}

/** The client's word, in the zone that it wrote. */
function writtenTime({ time, timeText }: Snapshot): ZonedTime {
  return zonedTime(time, timeText);
}

function listed(word: string, names: readonly string[]): string {
  return names.length === 0 ? `no ${word}` : `${word} ${names.toSorted().map(readable).join(" ")}`;
}

/** Quoted where a space, a comma or a control character would let two groups read alike. */
function readable(name: string): string {
  return /^[\p{L}\p{N}_./\\:@+-]+$/u.test(name) ? name : JSON.stringify(name);
}
