import type { Instant } from "../base/instant.ts";
import type { Snapshot } from "../restic/snapshot.ts";
import { inZone, zonedTime, type ZonedTime } from "./calendar.ts";
import { decideBy, type RetentionRules } from "./rules.ts";

/** A snapshot with every word there is on when it came; `time` is the client's. */
export interface TimedSnapshot extends Snapshot {
  /**
   * The store's word: when the first proven version of its object was stored, else the current one; never later than
   * `firstSeen`.
   */
  readonly storedAt: Instant;
  /** As `storedAt`, of the snapshot that this one says it replaces; its own where it replaces none. Can be forged. */
  readonly originalStoredAt: Instant;
  /** When this host first saw it: now, for a new one. */
  readonly firstSeen: Instant;
}

/** Whose word a decision goes by; `agreed`: the client's, among the snapshots of which the store says the same. */
export type ClockName = "client" | "store" | "seen" | "original" | "agreed";

export interface ClockDecision {
  readonly snapshot: TimedSnapshot;
  readonly keep: boolean;
  /** The clocks by which a rule keeps it. */
  readonly keptBy: readonly ClockName[];
  /** Each rule with the clocks it goes by, where not all say so: `daily snapshot (store, agreed)`. Never empty. */
  readonly reasons: readonly string[];
}

export interface ClockSettings {
  readonly now: Instant;
  /** The IANA zone of the calendar. */
  readonly timeZone: string;
  /** How far client and store may be apart, in milliseconds. */
  readonly tolerance: number;
  /** Whether a client is known to be able to forge the store's dates: then `firstSeen` is a clock of its own. */
  readonly historyForgeable: boolean;
}

/** The longest backup that is believed on the client's word when its time is held against the store's. */
const longestBackup = 3 * 86_400_000;

/** How far the store's word is behind the client's (below 0) or after the end of the backup (above), in milliseconds. */
export function skewOf({ time, storedAt, summary }: TimedSnapshot): number {
  const late = storedAt - time;
  return late <= 0 ? late : Math.max(0, late - Math.min(summary?.duration ?? 0, longestBackup));
}

/**
 * Decides by the same rules once for each clock: a snapshot is forgotten only if every clock would forget it.
 *
 * The client's times can be chosen by whoever may back up, and every rule but plain `keep-within` can be turned against
 * the real snapshots by chosen ones. The store's times cannot, where its history cannot be forged; but after a migration
 * all of them are "from today", so they do not stand alone either. Among the `agreed` a snapshot with a chosen time has
 * no place, so it pushes none out. Each clock can only add to what is kept.
 */
export function decideByClocks(
  snapshots: readonly TimedSnapshot[],
  rules: RetentionRules,
  settings: ClockSettings,
): readonly ClockDecision[] {
  const clocks = clocksFor(snapshots, settings).map(({ name, among, timeOf, tieOf }) => {
    const decisions = decideBy(among, rules, {
      now: settings.now,
      timeOf: (each) => timeOf(each as TimedSnapshot),
      tieOf: (each) => tieOf(each as TimedSnapshot),
    });
    return { name, byId: new Map(decisions.map((decision) => [decision.snapshot.id, decision])) };
  });
  const [client] = clocks;
  const ordered = [...(client?.byId.values() ?? [])].map(({ snapshot }) => snapshot as TimedSnapshot);
  return ordered.map((snapshot) => {
    const asked = clocks.flatMap(({ name, byId }) => {
      const decision = byId.get(snapshot.id);
      return decision === undefined ? [] : [{ name, ...decision }];
    });
    const keeping = asked.filter(({ keep }) => keep);
    const keptBy = keeping.map(({ name }) => name);
    if (keeping.length === 0) return { snapshot, keep: false, keptBy, reasons: ["no rule keeps it"] };
    return { snapshot, keep: true, keptBy, reasons: reasonsOf(keeping, clocks.length) };
  });
}

interface Clock {
  readonly name: ClockName;
  readonly among: readonly TimedSnapshot[];
  readonly timeOf: (snapshot: TimedSnapshot) => ZonedTime;
  /** Many were first seen in one run, or stored in one second: another word settles which is the newer. */
  readonly tieOf: (snapshot: TimedSnapshot) => ZonedTime;
}

function clocksFor(
  snapshots: readonly TimedSnapshot[],
  { timeZone, tolerance, historyForgeable }: ClockSettings,
): readonly Clock[] {
  const by = (instantOf: (snapshot: TimedSnapshot) => Instant) => (snapshot: TimedSnapshot) =>
    inZone({ milliseconds: instantOf(snapshot), nanoseconds: 0, offset: 0 }, timeZone);
  const clientTime = ({ time, timeText }: TimedSnapshot): ZonedTime => inZone(zonedTime(time, timeText), timeZone);
  const storeTime = by(({ storedAt }) => storedAt);
  const replaced = snapshots.some(({ storedAt, originalStoredAt }) => storedAt !== originalStoredAt);
  const agreed = snapshots.filter((snapshot) => Math.abs(skewOf(snapshot)) <= tolerance);
  const all: readonly Clock[] = [
    { name: "client", among: snapshots, timeOf: clientTime, tieOf: storeTime },
    { name: "store", among: snapshots, timeOf: storeTime, tieOf: clientTime },
    { name: "seen", among: snapshots, timeOf: by(({ firstSeen }) => firstSeen), tieOf: storeTime },
    { name: "original", among: snapshots, timeOf: by(({ originalStoredAt }) => originalStoredAt), tieOf: storeTime },
    { name: "agreed", among: agreed, timeOf: clientTime, tieOf: storeTime },
  ];
  const isTold = {
    client: true,
    store: true,
    seen: historyForgeable,
    original: replaced,
    agreed: agreed.length < snapshots.length,
  };
  return all.filter(({ name }) => isTold[name]);
}

interface Keeping {
  readonly name: ClockName;
  readonly reasons: readonly string[];
}

function reasonsOf(keeping: readonly Keeping[], asked: number): readonly string[] {
  const reasons = new Set(keeping.flatMap((each) => each.reasons));
  return [...reasons].map((reason) => {
    const names = keeping.filter((each) => each.reasons.includes(reason)).map(({ name }) => name);
    return names.length === asked ? reason : `${reason} (${names.join(", ")})`;
  });
}
