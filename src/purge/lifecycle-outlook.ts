import type { Instant } from "../base/instant.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import { dateOf } from "../history/state-at.ts";
import type { BucketSettings, LifecycleRule } from "../store/bucket-settings.ts";
import type { HistoryRow } from "../store/object-version.ts";

/** What one of the store's own lifecycle rules will do with the versions of this repository that are not current. */
export interface RuleOutlook {
  readonly id: string;
  readonly prefix: string;
  /** Null where the rule goes by a number of versions alone. */
  readonly noncurrentDays: number | null;
  readonly newerNoncurrentVersions: number | null;
  /** All that it will take in time as things are, and what is due by now. */
  readonly versions: number;
  readonly bytes: number;
  readonly due: number;
  /** When the first of what is not due yet is; null where there is none. */
  readonly next: Instant | null;
}

const day = 86_400_000;

/** Adds up, key by key, what the bucket's lifecycle rules take. */
export class LifecycleOutlook {
  readonly #now: Instant;
  readonly #idTime: VersionIdTime;
  readonly #rules: readonly Tally[];

  constructor(
    settings: BucketSettings["lifecycle"],
    { now, idTime }: { readonly now: Instant; readonly idTime: VersionIdTime },
  ) {
    this.#now = now;
    this.#idTime = idTime;
    const rules = settings.kind === "set" ? settings.value.rules : [];
    const takes = (rule: LifecycleRule): boolean =>
      rule.noncurrentDays !== null || rule.newerNoncurrentVersions !== null;
    this.#rules = rules
      .filter((rule) => rule.isEnabled && takes(rule))
      .map((rule) => ({ rule, versions: 0, bytes: 0, due: 0, next: null }));
  }

  /** The rows of one key, the newest first. */
  see(rows: readonly HistoryRow[]): void {
    for (const tally of this.#rules) {
      if (rows[0]?.key.startsWith(tally.rule.prefix) === true) this.#add(tally, rows);
    }
  }

  rules(): readonly RuleOutlook[] {
    return this.#rules.map(({ rule, versions, bytes, due, next }) => {
      const { id, prefix, noncurrentDays, newerNoncurrentVersions } = rule;
      return { id, prefix, noncurrentDays, newerNoncurrentVersions, versions, bytes, due, next };
    });
  }

  #add(tally: Tally, rows: readonly HistoryRow[]): void {
    const spared = 1 + (tally.rule.newerNoncurrentVersions ?? 0);
    for (const [index, row] of rows.entries()) {
      const above = rows[index - 1];
      if (index < spared || above === undefined || row.kind === "marker") continue;
      const at = (dateOf(above, this.#idTime) + (tally.rule.noncurrentDays ?? 0) * day) as Instant;
      tally.versions++;
      tally.bytes += row.size;
      if (at <= this.#now) tally.due++;
      else if (tally.next === null || at < tally.next) tally.next = at;
    }
  }
}

interface Tally {
  readonly rule: LifecycleRule;
  versions: number;
  bytes: number;
  due: number;
  next: Instant | null;
}
