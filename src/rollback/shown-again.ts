import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys } from "../history/key-history.ts";
import type { CurrentObject } from "../store/object-version.ts";

/**
 * Those of `hidden` that a plain listing shows. Both sides stand in the order of `compareKeys` and are read once, each as
 * far as the other needs it; nothing is listed where nothing was hidden.
 */
export async function* shownAgain<Hidden extends { readonly key: ObjectKey }>(
  hidden: AsyncIterable<Hidden>,
  shown: AsyncIterable<CurrentObject>,
): AsyncGenerator<Hidden> {
  const rest = hidden[Symbol.asyncIterator]();
  try {
    let next = await rest.next();
    if (next.done === true) return;
    for await (const { key } of shown) {
      while (next.done !== true && compareKeys(next.value.key, key) < 0) next = await rest.next();
      if (next.done === true) return;
      if (next.value.key === key) yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}
