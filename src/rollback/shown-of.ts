import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys } from "../history/key-history.ts";
import type { CurrentObject } from "../store/object-version.ts";

/**
 * What a plain listing shows of each of `wanted`, null where it shows nothing. Both sides stand in the order of
 * `compareKeys` and are read once, each as far as the other needs it; nothing is listed where nothing is wanted.
 */
export async function* shownOf<Wanted extends { readonly key: ObjectKey }>(
  wanted: AsyncIterable<Wanted>,
  listing: AsyncIterable<CurrentObject>,
): AsyncGenerator<{ readonly wanted: Wanted; readonly shown: CurrentObject | null }> {
  const objects = listing[Symbol.asyncIterator]();
  let next: IteratorResult<CurrentObject> | null = null;
  try {
    for await (const one of wanted) {
      next ??= await objects.next();
      while (next.done !== true && compareKeys(next.value.key, one.key) < 0) next = await objects.next();
      yield { wanted: one, shown: next.done !== true && next.value.key === one.key ? next.value : null };
    }
  } finally {
    await objects.return?.();
  }
}
