import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { compareKeys } from "../history/key-history.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { currentRow } from "../history/state-at.ts";
import type { CurrentObject } from "../store/object-version.ts";

/** An object that the plain listing shows and the version history does not. */
export interface ListingGap {
  readonly key: ObjectKey;
  readonly problem: string;
}

/**
 * Holds a plain listing against the version history that is read beside it. A store that leaves out versions would have the
 * rest of a key judged without them (SeaweedFS #7705, RustFS #7362, Ceph #62235). What was written since `begunAt` may stand
 * in one of the two only.
 */
export class GapSearch {
  readonly #begunAt: Instant;
  readonly #objects: AsyncIterator<CurrentObject>;
  #head: CurrentObject | null = null;
  #isOver = false;
  #first: ListingGap | null = null;
  #count = 0;

  /** `objects` is the plain listing of the same prefix, keys ascending. */
  constructor(begunAt: Instant, objects: AsyncIterable<CurrentObject>) {
    this.#begunAt = begunAt;
    this.#objects = objects[Symbol.asyncIterator]();
  }

  get first(): ListingGap | null {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }

  /** Histories in the order of their keys, none left out. Fails as the plain listing does. */
  async see(history: KeyHistory): Promise<void> {
    const object = await this.#upTo(history.key);
    if (object === null) return;
    const current = currentRow(history.rows);
    if (current?.kind === "marker" && current.lastModified < this.#begunAt && object.lastModified < this.#begunAt) {
      this.#add(object.key, "reads as there, and is hidden by the history of its versions");
    }
  }

  /** After the last history. */
  async finish(): Promise<void> {
    await this.#upTo(null);
  }

  async close(): Promise<void> {
    await this.#objects.return?.();
  }

  /** What the plain listing shows of `key`; all before it was in no history. Null is behind every key. */
  async #upTo(key: ObjectKey | null): Promise<CurrentObject | null> {
    for (;;) {
      if (this.#isOver) return null;
      if (this.#head !== null) {
        const order = key === null ? -1 : compareKeys(this.#head.key, key);
        if (order > 0) return null;
        const object = this.#head;
        this.#head = null;
        if (order === 0) return object;
        if (object.lastModified < this.#begunAt) this.#add(object.key, "is missing from the history of its versions");
      }
      const next = await this.#objects.next();
      if (next.done === true) this.#isOver = true;
      else this.#head = next.value;
    }
  }

  #add(key: ObjectKey, problem: string): void {
    this.#first ??= { key, problem };
    this.#count++;
  }
}
