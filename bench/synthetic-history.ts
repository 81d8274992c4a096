import { createHash } from "node:crypto";

/** What stands in a bucket under each key: the version alone, a marker on it, or another version on it. */
export type HistoryKind = "plain" | "deleted" | "overwritten";

export interface HistoryShape {
  /** Keys, each with one version at the bottom. */
  readonly versions: number;
  readonly kind: HistoryKind;
  /** Before every key: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Bytes of each data object whose name is to be their hash, 16 at least; null for names that nothing hashes to. */
  readonly contentSize: number | null;
  readonly seed: number;
}

/** The keys of one folder, ascending. */
export interface Folder {
  /** With the bucket's prefix: `data/`. */
  readonly path: string;
  readonly count: number;
  /** Bytes of each of its names. */
  readonly nameLength: number;
  nameAt(index: number): string;
  writeName(index: number, target: Buffer, at: number): void;
  contentAt(index: number): Buffer;
  sizeAt(index: number): number;
}

/**
 * A bucket of the shape of a restic repository: `config`, `data/XX/…`, `index/…`, `keys/…`, `snapshots/…`, keys in the
 * order of their bytes. Data objects are made up from their position, so nothing is held for them; the other contents
 * are few, and their names are the hashes of their bytes.
 */
export class SyntheticHistory {
  readonly shape: HistoryShape;
  readonly folders: readonly Folder[];

  /** Fails with RangeError where there are too few versions for one of each kind of object. */
  constructor(shape: HistoryShape) {
    this.shape = shape;
    const { versions, prefix, contentSize, seed } = shape;
    const indexes = Math.max(1, Math.ceil(versions / 2000));
    const snapshots = Math.min(100, Math.max(1, Math.floor(versions / 20)));
    const count = versions - indexes - snapshots - 2;
    if (count < 1 || (contentSize ?? 16) < 16) throw new RangeError("too few versions, or too small contents");
    const small = (folder: string): Omit<HashedOptions, "count"> => ({
      path: `${prefix}${folder}/`,
      contentOf: (n) => Buffer.from(JSON.stringify({ synthetic: folder, n, seed })),
      nameOf: (sha256) => sha256,
    });
    this.folders = [
      hashedFolder({ ...small("config"), count: 1, path: prefix, nameOf: () => "config" }),
      contentSize === null
        ? spreadFolder(`${prefix}data/`, count, seed)
        : hashedFolder({ path: `${prefix}data/`, count, contentOf: packOf(contentSize, seed), nameOf: packName }),
      hashedFolder({ ...small("index"), count: indexes }),
      hashedFolder({ ...small("keys"), count: 1 }),
      hashedFolder({ ...small("snapshots"), count: snapshots }),
    ];
  }

  /** The folder of a key, and its place there. */
  placeOf(position: number): readonly [folder: Folder, index: number] {
    let index = position;
    for (const folder of this.folders) {
      if (index < folder.count) return [folder, index];
      index -= folder.count;
    }
    throw new RangeError(`there is no key ${position}`);
  }

  keyAt(position: number): string {
    const [folder, index] = this.placeOf(position);
    return folder.path + folder.nameAt(index);
  }

  /** Of the first key that is not below `key`; `versions` where all are. */
  positionOf(key: string): number {
    let [low, high] = [0, this.shape.versions];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keyAt(middle) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Positions of the keys that begin with `prefix`: from, and up to before. */
  rangeOf(prefix: string): readonly [from: number, until: number] {
    // Every key here is ASCII below this one, so it stands behind all that go on from the prefix.
    return [this.positionOf(prefix), this.positionOf(`${prefix}\u007f`)];
  }
}

interface HashedOptions {
  readonly path: string;
  readonly count: number;
  readonly contentOf: (n: number) => Buffer;
  readonly nameOf: (sha256: string) => string;
}

/** Objects named after the SHA-256 of their bytes: the names are held, the bytes are made again when they are asked for. */
function hashedFolder({ path, count, contentOf, nameOf }: HashedOptions): Folder {
  const entries = Array.from({ length: count }, (_, n) => {
    const content = contentOf(n);
    return { name: nameOf(createHash("sha256").update(content).digest("hex")), n, size: content.length };
  }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const entryAt = (index: number): (typeof entries)[number] => entries[index] ?? { name: "", n: 0, size: 0 };
  return {
    path,
    count,
    nameLength: entryAt(0).name.length,
    nameAt: (index) => entryAt(index).name,
    writeName: (index, target, at) => void target.write(entryAt(index).name, at, "latin1"),
    contentAt: (index) => contentOf(entryAt(index).n),
    sizeAt: (index) => entryAt(index).size,
  };
}

/** Names spread evenly and in order: their first eight digits are the place, the others chance. */
function spreadFolder(path: string, count: number, seed: number): Folder {
  const headAt = (index: number): number => Math.floor((index * 0x1_0000_0000) / count);
  // Seven digits always, so that all rows are of one length.
  const sizeAt = (index: number): number => 1_000_000 + (chance(seed, index) % 9_000_000);
  const writeName = (index: number, target: Buffer, at: number): void => {
    const head = headAt(index);
    writeHex8(head, target, at + 3);
    target.copyWithin(at, at + 3, at + 5);
    target[at + 2] = slash;
    for (let word = 1; word < 8; word++) writeHex8(chance(seed + word, index), target, at + 3 + 8 * word);
  };
  const name = Buffer.alloc(67);
  return {
    path,
    count,
    nameLength: name.length,
    nameAt: (index) => {
      writeName(index, name, 0);
      return name.toString("latin1");
    },
    writeName,
    contentAt: (index) => Buffer.alloc(sizeAt(index), "holdfast"),
    sizeAt,
  };
}

const slash = 0x2f;

function packOf(size: number, seed: number): (n: number) => Buffer {
  return (n) => {
    const content = Buffer.alloc(size, "pack of a synthetic store;");
    content.writeUInt32LE(n, 0);
    content.writeUInt32LE(seed, 4);
    return content;
  };
}

function packName(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256}`;
}

/** 32 bits that look like chance and are the same every time (the finaliser of MurmurHash3). */
export function chance(seed: number, n: number): number {
  let h = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The four digits of every 16 bits, one after the other. */
const digits = Buffer.from(Array.from({ length: 0x1_0000 }, (_, n) => n.toString(16).padStart(4, "0")).join(""));

export function writeHex8(word: number, target: Buffer, at: number): void {
  const [high, low] = [(word >>> 16) * 4, (word & 0xffff) * 4];
  for (let digit = 0; digit < 4; digit++) {
    target[at + digit] = digits[high + digit] ?? 0;
    target[at + 4 + digit] = digits[low + digit] ?? 0;
  }
}
