import { addMilliseconds } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { LifecycleRule } from "../store/bucket-settings.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { isArchived } from "./archived.ts";

const day = 86_400_000;

/** What a lifecycle rule does to versions that a plan is to bring back. */
export interface RuleThreat {
  readonly rule: LifecycleRule;
  /** When the first of them may be destroyed: the store counts from when they were no longer current. */
  readonly deadline: Instant | null;
  /** How many the rule destroys once their time has come. */
  readonly threatened: number;
  /** How many it spares as long as nobody puts more versions on top of them. */
  readonly spared: number;
}

/** What is known of the versions that a plan brings back. */
export interface GoodVersions {
  readonly threats: readonly RuleThreat[];
  readonly archived: number;
  /** One that is archived. */
  readonly firstArchived: ObjectKey | null;
}

interface Tally {
  readonly rule: LifecycleRule;
  earliest: Instant | null;
  threatened: number;
  spared: number;
}

/** Looks at each version that is to be brought back, and holds none of them. */
export class GoodVersionsCounter {
  readonly #tallies: readonly Tally[];
  #archived = 0;
  #firstArchived: ObjectKey | null = null;

  constructor(rules: readonly LifecycleRule[]) {
    this.#tallies = rules
      .filter((rule) => rule.isEnabled && (rule.noncurrentDays !== null || rule.newerNoncurrentVersions !== null))
      .map((rule) => ({ rule, earliest: null, threatened: 0, spared: 0 }));
  }

  /** `rows` are the key's history, newest first; `good` is one of them. */
  see(rows: readonly HistoryRow[], good: ObjectVersion): void {
    if (isArchived(good)) {
      this.#archived++;
      this.#firstArchived ??= good.key;
    }
    if (this.#tallies.length === 0) return;
    const place = rows.indexOf(good);
    const above = rows[place - 1];
    if (above === undefined) return;
    for (const tally of this.#tallies) {
      if (!good.key.startsWith(tally.rule.prefix)) continue;
      if (isSpared(tally.rule, rows, place)) tally.spared++;
      else {
        tally.threatened++;
        const since = above.lastModified;
        if (tally.earliest === null || since < tally.earliest) tally.earliest = since;
      }
    }
  }

  summary(): GoodVersions {
    const threats = this.#tallies.map(({ rule, earliest, threatened, spared }) => {
      const deadline = earliest === null ? null : addMilliseconds(earliest, (rule.noncurrentDays ?? 0) * day);
      return { rule, deadline, threatened, spared };
    });
    const met = threats.filter(({ threatened, spared }) => threatened + spared > 0);
    return { threats: met, archived: this.#archived, firstArchived: this.#firstArchived };
  }
}

/** NewerNoncurrentVersions keeps so many of the newest versions that are not current, whatever their age. */
function isSpared(
  { newerNoncurrentVersions: kept }: LifecycleRule,
  rows: readonly HistoryRow[],
  place: number,
): boolean {
  if (kept === null) return false;
  let newer = 0;
  for (let index = 0; index < place; index++) {
    const row = rows[index];
    if (row?.kind === "version" && !row.isLatest) newer++;
  }
  return newer < kept;
}
