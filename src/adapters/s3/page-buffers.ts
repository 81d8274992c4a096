/**
 * Buffers for pages that are read one after another: taken for one, given back once nothing points into it, and used for
 * the next. Left to the garbage collector they are half of what a long listing holds in memory.
 */
export class PageBuffers {
  readonly #most: number;
  readonly #free: Buffer[] = [];
  /** The memory of those that are out. */
  readonly #out = new WeakSet<ArrayBufferLike>();

  /** `most` is how many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Exactly `size` bytes, with whatever they held before. */
  take(size: number): Buffer {
    const kept = this.#free.findIndex((buffer) => buffer.length >= size);
    const [buffer] = kept === -1 ? [] : this.#free.splice(kept, 1);
    // Pages differ by a little: somewhat more than is asked for will do for the next.
    const taken = (buffer ?? Buffer.allocUnsafeSlow(Math.ceil(size * 1.1))).subarray(0, size);
    this.#out.add(taken.buffer);
    return taken;
  }

  /**
   * Not to be touched afterwards. One that did not come from `take` is let go: Node's short ones share their memory with
   * others, and a page written there would be written over those.
   */
  giveBack(buffer: Buffer): void {
    if (!this.#out.delete(buffer.buffer)) return;
    if (this.#free.length < this.#most) this.#free.push(Buffer.from(buffer.buffer));
  }
}
