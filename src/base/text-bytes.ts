const encoder = new TextEncoder();
/** UTF-8 needs no more for a unit of a JavaScript text. */
const mostBytesOfUnit = 3;

/** Text gathered as UTF-8. Nothing of it stays on the heap, where many short texts held for a while cost much to collect. */
export class TextBytes {
  #bytes: Uint8Array;
  #length = 0;

  /** `size`: bytes that it holds without having to grow. */
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /** A text, or the UTF-8 of one. */
  add(text: string | Uint8Array): void {
    const isText = typeof text === "string";
    const least = this.#length + text.length * (isText ? mostBytesOfUnit : 1);
    if (least > this.#bytes.length) this.#grow(least);
    const room = this.#bytes.subarray(this.#length);
    if (!isText) room.set(text);
    this.#length += isText ? encoder.encodeInto(text, room).written : text.length;
  }

  /** All that was added, as bytes of their own; it is empty then. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
