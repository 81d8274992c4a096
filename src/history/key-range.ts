/** Keys from `from` on, up to but without `until`, by their UTF-8 bytes; null: to the end of the listing. */
export interface KeyRange {
  readonly from: string;
  readonly until: string | null;
}

/** The longest text that every key of the range begins with, at least `outer`: a listing of it reads little else. */
export function coveringPrefix({ from, until }: KeyRange, outer: string): string {
  if (until === null) return outer;
  const shared = sharedBeginning(from, until);
  const first = from.charCodeAt(shared.length);
  const isWholePrefix = until.length === shared.length + 1 && first < 0x7f;
  const prefix =
    isWholePrefix && until.charCodeAt(shared.length) === first + 1 ? from.slice(0, shared.length + 1) : shared;
  return prefix.length > outer.length ? prefix : outer;
}

/** What both begin with; never ends within a character. */
export function sharedBeginning(a: string, b: string): string {
  const shorter = Math.min(a.length, b.length);
  let length = 0;
  while (length < shorter && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  const last = a.charCodeAt(length - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return a.slice(0, isHalf ? length - 1 : length);
}
