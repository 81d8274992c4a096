/** What runs at once, and what stops it. */
interface Bounds {
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does `work` on every item, at most `limit` at once, in no order. After the first failure or once `signal` is aborted
 * it begins nothing new; it settles only when nothing is under way any more, so that what was begun can be recorded.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  { limit, signal }: Bounds,
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

/** How far work may run ahead of a slow item before it, counted in times of the limit. */
const windowFactor = 4;

/**
 * What `work` makes of every item, in the order of the items, at most `limit` at once. Holds a few items and results,
 * however many there are. The first failure, or the reason of `signal`, is thrown in its place in the order, when nothing
 * is under way any more.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  { limit, signal }: Bounds,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]();
  const turns = new Turns(limit);
  const begun: Promise<R>[] = [];
  let isOver = false;
  try {
    for (;;) {
      while (!isOver && begun.length < limit * windowFactor) {
        const next = await source.next();
        if (next.done === true) isOver = true;
        else begun.push(turns.take(async () => await work(next.value)));
      }
      signal?.throwIfAborted();
      const first = begun.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    turns.close();
    await Promise.allSettled(begun);
    await source.return?.();
  }
}

/** Lets a number of tasks run at once; the others wait in line. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #isClosed = false;

  constructor(limit: number) {
    this.#free = limit;
  }

  /** A task whose turn had not come when the line was closed is refused with the reason of nobody: none looks at it. */
  take<R>(task: () => Promise<R>): Promise<R> {
    const outcome = this.#inTurn(task);
    outcome.catch(() => undefined);
    return outcome;
  }

  close(): void {
    this.#isClosed = true;
    for (const next of this.#waiting) next();
  }

  async #inTurn<R>(task: () => Promise<R>): Promise<R> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#isClosed) throw new RangeError("the line is closed");
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
