import type { ScratchFile, StateFolder } from "../base/state-folder.ts";
import { TextBytes } from "../base/text-bytes.ts";
import { compareKeys } from "../history/key-history.ts";

/** Bytes held back before they go to disk. */
const heldAtMost = 64 * 1024;

/**
 * Lines that wait on disk until their place in a plan has come, in the order of their keys. A line is the JSON text of an
 * object from its first field on, and that field is `key`: `"key":"home/config","reason":"…"}`. The file is made when
 * the first line comes.
 */
export class KeySpill {
  readonly #state: StateFolder;
  #file: ScratchFile | null = null;
  readonly #held = new TextBytes(0);
  #count = 0;

  constructor(state: StateFolder) {
    this.#state = state;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes the line at once; `settle` must be awaited now and then. */
  add(line: string): void {
    if (this.#held.length > 0) this.#held.add("\n");
    this.#held.add(line);
    this.#count++;
  }

  /** Writes what was taken, where it is much. `state-unwritable` as the state folder says. */
  async settle(): Promise<void> {
    if (this.#held.length >= heldAtMost) await this.#pass();
  }

  /** All lines, in batches. May be asked for again. */
  async *lines(): AsyncGenerator<readonly string[]> {
    await this.#pass();
    if (this.#file !== null) yield* this.#file.lines();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  async #pass(): Promise<void> {
    if (this.#held.length === 0) return;
    const text = this.#held.take();
    this.#file ??= await this.#state.scratch();
    await this.#file.write(text);
  }
}

const lead = '"key":"';

/** The key that a line of a spill is for. */
export function keyOfLine(line: string): string {
  const end = line.indexOf('"', lead.length);
  const plain = line.slice(lead.length, end);
  if (!plain.includes("\\")) return plain;
  for (let at = lead.length; ; at++) {
    if (line[at] === "\\") at++;
    else if (line[at] === '"') return JSON.parse(line.slice(lead.length - 1, at + 1)) as string;
  }
}

/** The lines of several spills, by key, in batches. */
export async function* byKey(spills: readonly KeySpill[]): AsyncGenerator<readonly string[]> {
  const filled = spills.filter(({ count }) => count > 0);
  const [only] = filled;
  if (only === undefined) return;
  if (filled.length === 1) yield* only.lines();
  else yield* merged(filled);
}

const batchSize = 256;

async function* merged(spills: readonly KeySpill[]): AsyncGenerator<readonly string[]> {
  const heads: Head[] = [];
  for (const spill of spills) {
    const head = new Head(spill.lines());
    if (await head.next()) heads.push(head);
  }
  let batch: string[] = [];
  while (heads.length > 0) {
    const least = heads.reduce((first, other) => (compareKeys(other.key, first.key) < 0 ? other : first));
    batch.push(least.line);
    if (!least.step() && !(await least.next())) heads.splice(heads.indexOf(least), 1);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Where the reading of one spill stands. */
class Head {
  readonly #batches: AsyncGenerator<readonly string[]>;
  #batch: readonly string[] = [];
  #place = -1;
  line = "";
  key = "";

  constructor(batches: AsyncGenerator<readonly string[]>) {
    this.#batches = batches;
  }

  /** Goes on within the batch at hand; false where it is used up. */
  step(): boolean {
    const line = this.#batch[++this.#place];
    if (line === undefined) return false;
    this.line = line;
    this.key = keyOfLine(line);
    return true;
  }

  /** Goes on to the next batch; false where there is none. */
  async next(): Promise<boolean> {
    for (;;) {
      const next = await this.#batches.next();
      if (next.done === true) return false;
      this.#batch = next.value;
      this.#place = -1;
      if (this.step()) return true;
    }
  }
}
