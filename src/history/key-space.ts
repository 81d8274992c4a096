/** A guess at how keys are spread: a line from 0 to 1 on which every key of a folder, or of a like beginning, has its place. */
export interface KeySpace {
  /** What its keys begin with. */
  readonly beginning: string;
  /** Whether the names are hashes, so that a part of them tells how many there are in all. */
  readonly isEven: boolean;
  /** 0 for keys before it, 1 for keys after it. Never falls from one key to a later one. */
  position(key: string): number;
  /** About `count` keys, evenly spread between two positions, ascending. */
  cuts(between: Between): readonly string[];
  /** Keys at which another kind of names begins. */
  readonly ends: readonly string[];
}

/** Two positions, and into how many parts to cut what lies between. */
interface Between {
  readonly after: number;
  readonly before: number;
  readonly count: number;
}

const dataName = /^((?:.*\/)?)data\/([0-9a-f]{2})\/\2[0-9a-f]{30,}$/;
const hashName = /^(.*?)([0-9a-f]{32,})$/s;

/** A repository's `data/`, where restic puts what hashes to `3f9c…` as `data/3f/3f9c…`. Null for any other key. */
export function dataSpace(key: string): KeySpace | null {
  const folder = dataName.exec(key)?.[1];
  if (folder === undefined) return null;
  const beginning = `${folder}data/`;
  // Where the rest is cut, `index/` is most of what is left. `0` comes right after the slash, and a listing that begins
  // there begins, on a store, with what stands below the slash (see KeyMarker): all of `data/` once more.
  return new HexSpace({ beginning, isNested: true, ends: [`${folder}data1`, `${folder}index1`] });
}

/** Names by hash in one folder, as in a repository's `index/`. Null for a key that does not end in a hash. */
export function hashSpace(key: string): KeySpace | null {
  const beginning = hashName.exec(key)?.[1];
  return beginning === undefined ? null : new HexSpace({ beginning, isNested: false, ends: [`${beginning}g`] });
}

/** Any names that begin alike. */
export function textSpace(beginning: string): KeySpace {
  return new TextSpace(beginning);
}

/** Twelve hex digits are 48 bits, which a number holds exactly. */
const hexDigits = 12;

class HexSpace implements KeySpace {
  readonly isEven = true;
  readonly beginning: string;
  readonly ends: readonly string[];
  readonly #isNested: boolean;

  constructor(names: { readonly beginning: string; readonly isNested: boolean; readonly ends: readonly string[] }) {
    this.beginning = names.beginning;
    this.ends = names.ends;
    this.#isNested = names.isNested;
  }

  position(key: string): number {
    if (!key.startsWith(this.beginning)) return key < this.beginning ? 0 : 1;
    const rest = key.slice(this.beginning.length);
    const name = this.#isNested && rest.charAt(2) === "/" ? rest.slice(3) : rest;
    const digits = /^[0-9a-f]*/.exec(name.slice(0, hexDigits))?.[0] ?? "";
    return Number.parseInt(digits.padEnd(hexDigits, "0"), 16) / 2 ** (4 * hexDigits);
  }

  cuts({ after, before, count }: Between): readonly string[] {
    const bits = wholeDigits(Math.round(Math.log2(count / (before - after))));
    const digits = Math.ceil(bits / 4);
    const cuts: string[] = [];
    for (let step = Math.floor(after * 2 ** bits) + 1; step < before * 2 ** bits; step++) {
      cuts.push(this.#key((step * 2 ** (4 * digits - bits)).toString(16).padStart(digits, "0")));
    }
    return cuts;
  }

  #key(digits: string): string {
    const isBelow = this.#isNested && digits.length > 2;
    return `${this.beginning}${isBelow ? `${digits.slice(0, 2)}/` : ""}${digits}`;
  }
}

/** A range of whole digits is a prefix, and a listing of a prefix reads no row too much: worth ranges half or twice as long. */
function wholeDigits(bits: number): number {
  const nearest = 4 * Math.round(bits / 4);
  const rounded = nearest > 0 && Math.abs(nearest - bits) <= 1 ? nearest : bits;
  return Math.min(Math.max(rounded, 1), 4 * hexDigits);
}

/** Printable ASCII; whatever stands outside counts as the nearest. */
const lowest = 0x20;
const letters = 0x7f - lowest;
/** Letters that are looked at: six of them are 39 bits. */
const lettersSeen = 6;

class TextSpace implements KeySpace {
  readonly isEven = false;
  readonly beginning: string;
  readonly ends: readonly string[];

  constructor(beginning: string) {
    this.beginning = beginning;
    const last = beginning.charCodeAt(beginning.length - 1);
    this.ends = last < 0x7e ? [`${beginning.slice(0, -1)}${String.fromCharCode(last + 1)}`] : [];
  }

  position(key: string): number {
    if (!key.startsWith(this.beginning)) return key < this.beginning ? 0 : 1;
    let position = 0;
    for (let index = lettersSeen - 1; index >= 0; index--) {
      const code = key.charCodeAt(this.beginning.length + index);
      const letter = Number.isNaN(code) ? 0 : Math.min(Math.max(code - lowest, 0), letters - 1);
      position = (position + letter) / letters;
    }
    return position;
  }

  cuts({ after, before, count }: Between): readonly string[] {
    const step = (before - after) / count;
    return Array.from({ length: count - 1 }, (_, index) => this.#key(after + step * (index + 1)));
  }

  #key(position: number): string {
    let text = this.beginning;
    let rest = position;
    for (let index = 0; index < lettersSeen; index++) {
      rest *= letters;
      const letter = Math.floor(rest);
      text += String.fromCharCode(lowest + letter);
      rest -= letter;
    }
    return text;
  }
}
