import type { Instant } from "../base/instant.ts";
import type { VersionIdTime } from "../base/version-id-time.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { KeyHistory } from "./key-history.ts";
import { dateOf, stateAt } from "./state-at.ts";
import type { ListingOrder } from "./state-at.ts";

/** What restic needs to open a repository and find anything in it. */
const essentials = ["config", "keys", "snapshots"] as const;
type Essential = (typeof essentials)[number];

interface WorkableInstants {
  /** The first instant at which config, a key and a snapshot stood together. */
  readonly earliest: Instant;
  /** The last one; null where they still stand. */
  readonly latest: Instant | null;
}

/** How a repository's history is read: where it stands and how the store lists. */
export interface RepositoryReading {
  readonly prefix: string;
  readonly order: ListingOrder;
  /** How the store writes the time into its version ids; `none` where it is left out. */
  readonly idTime?: VersionIdTime | undefined;
}

/** Which of config, keys and snapshots an object counts for; null for every other. */
function essentialOf(history: KeyHistory, prefix: string): Essential | null {
  const { kind } = repositoryObject(history.key.slice(prefix.length));
  return essentials.find((essential) => essential === kind) ?? null;
}

/** What is missing at `at` for the repository to be whole enough to open; empty where nothing is. */
export function missingAt(
  histories: readonly KeyHistory[],
  at: Instant,
  reading: RepositoryReading,
): readonly Essential[] {
  const found = new Set<Essential | null>();
  for (const history of histories) {
    if (mayBePresent(history, at, reading)) found.add(essentialOf(history, reading.prefix));
  }
  return essentials.filter((essential) => !found.has(essential));
}

/**
 * When the repository was whole enough to open, judged by the histories of `config`, `keys/` and `snapshots/`;
 * others among `histories` are passed over. Null where it never was.
 */
export function workableInstants(
  histories: readonly KeyHistory[],
  reading: RepositoryReading,
): WorkableInstants | null {
  const standing: Record<Essential, number> = { config: 0, keys: 0, snapshots: 0 };
  let earliest: Instant | null = null;
  let latest: Instant | null = null;
  let wasWhole = false;
  for (const [at, changes] of changesByInstant(histories, reading)) {
    for (const change of changes) standing[change.essential] += change.by;
    const isWhole = essentials.every((essential) => standing[essential] > 0);
    if (isWhole) earliest ??= at;
    if (isWhole) latest = null;
    else if (wasWhole) latest = (at - 1) as Instant;
    wasWhole = isWhole;
  }
  return earliest === null ? null : { earliest, latest };
}

interface Change {
  readonly essential: Essential;
  readonly by: 1 | -1;
}

function changesByInstant(
  histories: readonly KeyHistory[],
  reading: RepositoryReading,
): readonly (readonly [Instant, readonly Change[]])[] {
  const changes = new Map<Instant, Change[]>();
  for (const history of histories) {
    const essential = essentialOf(history, reading.prefix);
    if (essential === null) continue;
    let wasPresent = false;
    for (const at of datesOf(history, reading)) {
      const isPresent = mayBePresent(history, at, reading);
      if (isPresent === wasPresent) continue;
      wasPresent = isPresent;
      const atOnce = changes.get(at) ?? [];
      atOnce.push({ essential, by: isPresent ? 1 : -1 });
      changes.set(at, atOnce);
    }
  }
  return [...changes].sort(([a], [b]) => a - b);
}

function datesOf(history: KeyHistory, { idTime = "none" }: RepositoryReading): readonly Instant[] {
  return [...new Set(history.rows.map((row) => dateOf(row, idTime)))].sort((a, b) => a - b);
}

function mayBePresent(history: KeyHistory, at: Instant, { order, idTime }: RepositoryReading): boolean {
  return stateAt(history.rows, at, order, idTime).kind !== "absent";
}
