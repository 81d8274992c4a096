import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys } from "../history/key-history.ts";
import type { CurrentObject } from "../store/object-version.ts";

/** Those of `keys` that a plain listing shows. Both sides stand in the order of `compareKeys`; holds what it finds and no more. */
export async function shownAgain(
  keys: Iterable<ObjectKey>,
  shown: AsyncIterable<CurrentObject>,
): Promise<ReadonlySet<ObjectKey>> {
  const found = new Set<ObjectKey>();
  const wanted = keys[Symbol.iterator]();
  let next = wanted.next();
  for await (const { key } of shown) {
    while (next.done !== true && compareKeys(next.value, key) < 0) next = wanted.next();
    if (next.done === true) break;
    if (next.value === key) found.add(key);
  }
  return found;
}
