/**
 * How many requests of one store are under way at once. Begins at `most` and never passes it; halves when the store
 * asks to slow down, and grows by one again after as many successes as it lets through at once.
 */
export interface RequestGate {
  /** How many it lets through at present. */
  limit(): number;
  /**
   * Waits for its turn, in the order of arrival, then does it. Throws what `send` throws. Of the requests that were under
   * way together only the first that is told to slow down halves the limit: the others say the same again.
   */
  pass<T>(send: () => Promise<T>): Promise<T>;
}

interface GateOptions {
  readonly most: number;
  /** Whether this is how the store says that too much is asked of it. */
  readonly isSlowDown: (error: unknown) => boolean;
}

export function openRequestGate(options: GateOptions): RequestGate {
  const gate = new Gate(options);
  return { limit: () => gate.limit, pass: async (send) => await gate.pass(send) };
}

class Gate {
  limit: number;
  readonly #options: GateOptions;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #successes = 0;
  /** How often the limit was halved: a request that began before the last time says nothing new. */
  #halvings = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.limit = Math.max(1, options.most);
  }

  async pass<T>(send: () => Promise<T>): Promise<T> {
    if (this.#underWay >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay += 1;
    const begunAt = this.#halvings;
    try {
      const result = await send();
      this.#grow();
      return result;
    } catch (error) {
      if (this.#options.isSlowDown(error) && begunAt === this.#halvings) this.#halve();
      throw error;
    } finally {
      this.#underWay -= 1;
      this.#admit();
    }
  }

  #grow(): void {
    this.#successes += 1;
    if (this.#successes < this.limit || this.limit >= this.#options.most) return;
    this.limit += 1;
    this.#successes = 0;
  }

  #halve(): void {
    this.#halvings += 1;
    this.#successes = 0;
    this.limit = Math.max(1, Math.floor(this.limit / 2));
  }

  /** Whoever is let in is counted here, so that nobody who comes between takes the place. */
  #admit(): void {
    while (this.#underWay < this.limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#underWay += 1;
      next();
    }
  }
}
