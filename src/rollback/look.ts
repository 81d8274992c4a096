import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys, keyHistoryPages } from "../history/key-history.ts";
import type { KeyHistory } from "../history/key-history.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { inParallel } from "./in-parallel.ts";

interface LookRequest {
  readonly store: ReadableStore;
  /** What all the keys begin with. */
  readonly prefix: string;
  readonly connections: number;
  readonly signal?: AbortSignal | undefined;
}

/** How many keys one reader looks for: a few pages' worth. */
const keysPerReader = 4096;
/** Where fewer of the keys of a page are wanted, the next wanted one is asked for by name instead of by the next page. */
const denseEnough = 0.1;

/**
 * The histories, as they stand now, of `keys`, which stand in the order of `compareKeys`. Takes no more requests than
 * there are keys, and no more than pages that hold them, but for a page or so for each 4096 keys.
 */
export async function lookAt(
  keys: readonly ObjectKey[],
  request: LookRequest,
): Promise<ReadonlyMap<ObjectKey, KeyHistory>> {
  const found = new Map<ObjectKey, KeyHistory>();
  const runs: (readonly ObjectKey[])[] = [];
  for (let start = 0; start < keys.length; start += keysPerReader) runs.push(keys.slice(start, start + keysPerReader));
  await inParallel(runs, { limit: request.connections, signal: request.signal }, async (run) => {
    await readRun(run, request, found);
  });
  request.signal?.throwIfAborted();
  return found;
}

async function readRun(
  keys: readonly ObjectKey[],
  { store, prefix, signal }: LookRequest,
  found: Map<ObjectKey, KeyHistory>,
): Promise<void> {
  let next = 0;
  while (next < keys.length) {
    signal?.throwIfAborted();
    const from = keys[next] ?? "";
    const isLast = next === keys.length - 1;
    const reached = await readOn(keys, next, { pages: store.listVersions(isLast ? from : prefix, from), found });
    next = reached;
  }
}

/** Reads page after page while they hold enough of what is wanted; gives the place of the first key not reached. */
async function readOn(
  keys: readonly ObjectKey[],
  start: number,
  {
    pages,
    found,
  }: { readonly pages: ReturnType<ReadableStore["listVersions"]>; readonly found: Map<ObjectKey, KeyHistory> },
): Promise<number> {
  let next = start;
  for await (const histories of keyHistoryPages(pages)) {
    const before = next;
    for (const history of histories) {
      while (next < keys.length && compareKeys(keys[next] ?? "", history.key) < 0) next++;
      if (keys[next] !== history.key) continue;
      found.set(history.key, history);
      next++;
    }
    if (next >= keys.length) return next;
    if (next > start && next - before < histories.length * denseEnough) return next;
  }
  return keys.length;
}
