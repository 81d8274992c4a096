/**
 * Does `work` on every item, at most `limit` at once, in no order. After the first failure or once `signal` is aborted
 * it begins nothing new; it settles only when nothing is under way any more, so that what was begun can be recorded.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const source = items[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    while (!failed && signal?.aborted !== true) {
      const next = source.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: limit }, worker));
  const broken = outcomes.find((outcome) => outcome.status === "rejected");
  if (broken !== undefined) throw broken.reason;
}

/** How many objects are read or copied at once. */
export const objectsAtOnce = 8;
