import type { ObjectKey } from "../base/object-key.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { compareKeys } from "./key-history.ts";
import { sharedBeginning } from "./key-range.ts";
import { dataSpace, hashSpace, textSpace } from "./key-space.ts";
import type { KeySpace } from "./key-space.ts";

/** Pages that one range should come to: long enough to pay for its last page, short enough to be read side by side. */
export const pagesInRange = 4;

/** Pages left that are read one after the other all the same: to begin ranges costs requests, and saves little time there. */
const fewPages = 24;

/** Cuts made at once; ranges that turn out to be long are cut again. */
const mostCuts = 1024;
/** Cuts where the rows so far are all of one key and do not tell how many others there will be. */
const cutsUnknown = 16;

interface RestOfRange {
  /** What every key begins with. */
  readonly prefix: string;
  /** The page read last. */
  readonly page: readonly HistoryRow[];
  readonly until: string | null;
}

/**
 * Where to cut what lies behind a page: keys in ascending order, all of them after the page and before `until`. Empty
 * where it is not worth it.
 *
 * The names that follow are guessed from the page: a restic repository names its objects by hash, so its `data/` and
 * `index/` are spread evenly; other names are taken to go on as they began. A wrong guess makes ranges of unequal length,
 * never a wrong listing.
 */
export function splitRange({ prefix, page, until }: RestOfRange): readonly string[] {
  const first = page[0]?.key;
  const last = page.at(-1)?.key;
  if (first === undefined || last === undefined) return [];
  const space = spaceOf(prefix, first, last);
  const cuts = evenCuts(space, { page, last, until });
  if (cuts === null) return [];
  const sorted = [...cuts, ...space.ends].sort(compareKeys);
  return sorted.filter((cut, index) => {
    const isWithin = compareKeys(cut, last) > 0 && (until === null || compareKeys(cut, until) < 0);
    return isWithin && cut.startsWith(prefix) && cut !== prefix && cut !== sorted[index - 1];
  });
}

function spaceOf(prefix: string, first: ObjectKey, last: ObjectKey): KeySpace {
  const shared = sharedBeginning(first, last);
  const varying = shared.length > prefix.length && first !== last ? shared : prefix;
  return dataSpace(last) ?? hashSpace(last) ?? textSpace(varying);
}

function evenCuts(
  space: KeySpace,
  {
    page,
    last,
    until,
  }: { readonly page: readonly HistoryRow[]; readonly last: ObjectKey; readonly until: string | null },
): readonly string[] | null {
  const within = page.filter((row) => row.key.startsWith(space.beginning));
  const at = space.position(last);
  const isFromStart = within.length < page.length;
  const covered = at - (isFromStart ? 0 : space.position(within[0]?.key ?? last));
  const end = until === null ? 1 : space.position(until);
  const left = end - at;
  if (left <= 0) return [];
  const pagesLeft = ((left / covered) * within.length) / page.length;
  // A range that was cut behind a key of very many versions is not cut behind it again and again.
  const unknown = until === null ? cutsUnknown : 1;
  if (space.isEven && until === null && covered > 0 && pagesLeft <= fewPages) return null;
  const ranges = covered > 0 ? Math.ceil(pagesLeft / pagesInRange) : unknown;
  return ranges <= 1 ? [] : space.cuts({ after: at, before: end, count: Math.min(ranges, mostCuts) });
}
