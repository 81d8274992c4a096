/** Numbers from 0 up to 1 that come again with the same seed (mulberry32), so that a trial that failed can be had again. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  shuffled<T>(items: readonly T[]): readonly T[] {
    const shuffled = items.map((item) => ({ item, place: this.next() }));
    return shuffled.sort((a, b) => a.place - b.place).map(({ item }) => item);
  }
}
