import type { Instant } from "../base/instant.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import { isNullVersion } from "../base/version-id.ts";
import { dateOf } from "../history/state-at.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { KeyDecision } from "./decide-key.ts";

/** Parts of a repository that are told apart. */
const purgeAreas = ["data", "index", "snapshots", "keys", "locks", "config", "canary"] as const;
export type PurgeArea = (typeof purgeAreas)[number];

/** The part that a key without its prefix belongs to; null for what is not restic's and not ours. */
export function areaOf(path: string): PurgeArea | null {
  const { kind } = repositoryObject(path);
  if (kind === "lock") return "locks";
  return kind === "foreign" ? null : kind;
}

export interface AreaTotals {
  readonly area: PurgeArea;
  readonly versions: number;
  readonly markers: number;
  readonly bytes: number;
}

/** What a purge would destroy, and what it leaves. */
export interface PurgeTotals {
  /** Of the whole listing. */
  readonly keys: number;
  readonly rows: number;
  /** What goes. */
  readonly versions: number;
  readonly markers: number;
  readonly bytes: number;
  readonly areas: readonly AreaTotals[];
  /** Keys that are neither restic's nor ours, which are never touched. */
  readonly foreign: number;
  /** Rows under the id `null`, which are never destroyed, where they are not current. */
  readonly nulls: number;
  /** Rows that are old by their dates only. */
  readonly waiting: number;
  /** Keys that are left though something is old enough. */
  readonly left: number;
  /** The date of the oldest version that stays; null where none does. */
  readonly oldestKept: Instant | null;
}

/** Adds a purge up, key by key. */
export class PurgeTally {
  readonly #idTime: VersionIdTime;
  readonly #areas = new Map<PurgeArea, { versions: number; markers: number; bytes: number }>();
  #keys = 0;
  #rows = 0;
  #foreign = 0;
  #nulls = 0;
  #waiting = 0;
  #left = 0;
  #oldestKept: Instant | null = null;

  constructor(idTime: VersionIdTime) {
    this.#idTime = idTime;
  }

  foreign(rows: readonly HistoryRow[]): void {
    this.#keys++;
    this.#rows += rows.length;
    this.#foreign++;
  }

  add(area: PurgeArea, decision: KeyDecision): void {
    const { rows, going, left, waiting } = decision;
    const leaving = going.flat();
    this.#keys++;
    this.#rows += rows.length;
    this.#waiting += waiting;
    this.#nulls += rows.slice(1).filter(({ versionId }) => isNullVersion(versionId)).length;
    if (left !== null) this.#left++;
    this.#keep(rows, new Set(leaving));
    if (leaving.length === 0) return;
    const totals = this.#areas.get(area) ?? { versions: 0, markers: 0, bytes: 0 };
    this.#areas.set(area, totals);
    for (const row of leaving) {
      if (row.kind === "marker") totals.markers++;
      else {
        totals.versions++;
        totals.bytes += row.size;
      }
    }
  }

  totals(): PurgeTotals {
    const areas = purgeAreas.flatMap((area) => {
      const totals = this.#areas.get(area);
      return totals === undefined ? [] : [{ area, ...totals }];
    });
    const sum = (field: "versions" | "markers" | "bytes"): number =>
      areas.reduce((total, each) => total + each[field], 0);
    return {
      keys: this.#keys,
      rows: this.#rows,
      versions: sum("versions"),
      markers: sum("markers"),
      bytes: sum("bytes"),
      areas,
      foreign: this.#foreign,
      nulls: this.#nulls,
      waiting: this.#waiting,
      left: this.#left,
      oldestKept: this.#oldestKept,
    };
  }

  #keep(rows: readonly HistoryRow[], going: ReadonlySet<HistoryRow>): void {
    for (const row of rows) {
      if (row.kind === "marker" || going.has(row)) continue;
      const date = dateOf(row, this.#idTime);
      if (this.#oldestKept === null || date < this.#oldestKept) this.#oldestKept = date;
    }
  }
}
