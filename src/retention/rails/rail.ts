import type { Instant } from "../../base/instant.ts";
import { skewOf, type ClockDecision, type TimedSnapshot } from "../clocks.ts";
import type { Look } from "../look.ts";
import type { RetentionRecord } from "../record.ts";
import type { SnapshotGroup } from "../rules.ts";

/** From where on a rail holds. */
export interface RailLimits {
  /** How many snapshots beyond the usual may come at once. */
  readonly burst: number;
  /** How far the client's and the store's time may be apart, in milliseconds. */
  readonly tolerance: number;
  /** By what factor a backup may differ from its group's median. */
  readonly sizeFactor: number;
  /** How old the last check may be, in milliseconds. */
  readonly checkMaxAge: number;
  /** How far back every object must stay recoverable, in milliseconds; null where the configuration does not say. */
  readonly recoveryWindow: number | null;
}

export interface RailFacts {
  readonly look: Look;
  readonly prefix: string;
  /** A host's first run has none: nothing is new to it. */
  readonly record: RetentionRecord | null;
  readonly groups: readonly SnapshotGroup<TimedSnapshot>[];
  readonly decisions: readonly ClockDecision[];
  readonly limits: RailLimits;
  /** Whether it is known that the store's dates can be forged. */
  readonly historyForgeable: boolean;
}

/** One thing that a rail found. */
export interface RailSubject {
  /** What it is about, the same in every run that finds it: a snapshot's id, a host, a group. */
  readonly subject: string;
  readonly evidence: string;
}

export type Verdict =
  | { readonly kind: "unjudged"; readonly why: string }
  | {
      readonly kind: "judged";
      readonly subjects: readonly RailSubject[];
      /** What was measured, in words, of the subjects that nobody has settled; there is at least one. */
      readonly figure: (subjects: readonly RailSubject[]) => string;
    };

/** A guard rail: a pure judgement on a plan, with the reason for which it holds. */
export interface Rail {
  readonly name: string;
  /** What an attack would look like that it stands against. */
  readonly reason: string;
  /** `flag`: --release NAME, once; `command`: holdfast release; `nothing`: it cannot be released. */
  readonly release: "flag" | "command" | "nothing";
  /** Whether what it found stays open after the traces of it are gone. */
  readonly isLasting: boolean;
  readonly judge: (facts: RailFacts) => Verdict;
}

/** Each subject's evidence, the first in words and the rest as a number. */
export function listed(subjects: readonly RailSubject[]): string {
  const [first, ...more] = subjects;
  return `${first?.evidence ?? ""}${more.length === 0 ? "" : ` and ${more.length} more`}`;
}

/** Whether no run of this host was let through before: what stands is then what is known. */
export function isFirstRun({ record }: RailFacts): boolean {
  return (record?.acceptedAt ?? null) === null;
}

/** Those that no run that was let through has seen. On a first run all are. */
export function newOnes(snapshots: readonly TimedSnapshot[], facts: RailFacts): readonly TimedSnapshot[] {
  return isFirstRun(facts) ? snapshots : snapshots.filter(({ id }) => facts.record?.snapshots[id]?.accepted !== true);
}

/** Those that tell what is usual: accepted ones, or all on a first run. */
export function usualOnes(snapshots: readonly TimedSnapshot[], facts: RailFacts): readonly TimedSnapshot[] {
  return isFirstRun(facts) ? snapshots : snapshots.filter(({ id }) => facts.record?.snapshots[id]?.accepted === true);
}

/** The number below which that share of all lies, the middle for 0.5; null for none. */
export function quantile(numbers: readonly number[], share: number): number | null {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? null;
}

/** From this many on there is something usual. */
export const fewest = 3;

/** Up to that share of what nobody has looked at yet can be a flood, and the usual interval still shows. */
export const unknownShare = 0.75;

/** Why a rail that compares with what was before cannot judge on a first run. */
export const nothingBefore = "first run: what stands is taken as known";

/**
 * How often backups usually come, in milliseconds: the median gap between those on whose time client and store agree.
 * Where fewer than 3 do, as after a migration, when all objects were stored within minutes: of all, the longer of the gaps
 * by either time. Null for fewer than 3 snapshots.
 *
 * Where nobody has looked at them yet, `share` is higher than a half: up to that share of them can be a flood.
 */
export function usualInterval(
  snapshots: readonly TimedSnapshot[],
  { tolerance, share = 0.5 }: { readonly tolerance: number; readonly share?: number },
): number | null {
  if (snapshots.length < fewest) return null;
  const gap = (times: readonly Instant[]): number => {
    const sorted = times.toSorted((a, b) => a - b);
    const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
    return quantile(gaps, share) ?? 0;
  };
  const agreed = snapshots.filter((snapshot) => Math.abs(skewOf(snapshot)) <= tolerance);
  const among = agreed.length < fewest ? snapshots : agreed;
  return Math.max(gap(among.map(({ time }) => time)), gap(among.map(({ storedAt }) => storedAt)), 1000);
}

/** The shorter of two intervals, as far as they are known; null where neither is. */
export function shorterInterval(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

/** What came longer ago says little of how often backups come now. */
const lately = 30 * 86_400_000;

/**
 * How often new snapshots of the hosts of these came lately, by when this host first saw them, gone ones included: what the
 * rules have left standing is thinned out, and lies further apart than the backups came. For fewer than 3 what the first
 * run noted; null where it noted nothing.
 */
export function intervalOnRecord(snapshots: readonly TimedSnapshot[], { record }: RailFacts): number | null {
  const acceptedAt = record?.acceptedAt ?? null;
  if (record === null || acceptedAt === null) return null;
  const hosts = new Set(snapshots.map(({ host }) => host));
  const seen = Object.values(record.snapshots)
    .filter(({ accepted, host }) => accepted && (host === undefined || hosts.has(host)))
    .map(({ firstSeen }) => firstSeen)
    .toSorted((a, b) => a - b);
  const from = seen.findLast((each) => each <= acceptedAt - lately) ?? seen[0] ?? acceptedAt;
  const came = seen.filter((each) => each > from).length;
  if (came >= fewest) return Math.max(1000, (acceptedAt - from) / came);
  const noted = (record.usual ?? []).filter(({ host }) => hosts.has(host));
  return noted.length === 0 ? null : Math.min(...noted.map(({ interval }) => interval));
}
