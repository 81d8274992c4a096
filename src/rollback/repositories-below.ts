/** A folder in which a repository of its own stands: `nas/` below one at the top of the bucket. Not ours to roll back. */
export interface RepositoryBelow {
  /** Counted from the prefix, with its closing `/`. */
  readonly folder: string;
  /** How many object keys stand or stood there. */
  readonly keys: number;
}

const config = /^(.+\/)config$/;
const key = /^(.+\/)keys\/[0-9a-f]{64}$/;
const own: ReadonlySet<string> = new Set(["data", "index", "snapshots", "keys", "locks"]);

/**
 * Finds the repositories below among foreign objects, of which it holds none. A folder counts only where both a `config`
 * and a key stand or stood in it: a single foreign object named `config` is no reason to leave its folder out.
 */
export class SearchBelow {
  readonly #configs = new Set<string>();
  readonly #keys = new Set<string>();

  /** `path` is the key of a foreign object, without the prefix. */
  see(path: string): void {
    const isConfig = path.endsWith("/config");
    if (!isConfig && !path.includes("/keys/")) return;
    if (own.has(path.slice(0, path.indexOf("/")))) return;
    const folder = (isConfig ? config : key).exec(path)?.[1];
    if (folder !== undefined) (isConfig ? this.#configs : this.#keys).add(folder);
  }

  /** To be asked when all were seen: a repository lists its keys after its data. */
  found(): CountBelow {
    return new CountBelow([...this.#configs].filter((folder) => this.#keys.has(folder)));
  }
}

/** Counts, in a second pass over the same objects, what stands in the folders that were found. */
export class CountBelow {
  readonly #counts: Map<string, number>;

  constructor(folders: readonly string[]) {
    this.#counts = new Map(folders.map((folder) => [folder, 0]));
  }

  /** Whether the object stands in a repository below. */
  take(path: string): boolean {
    let isBelow = false;
    for (const [folder, count] of this.#counts) {
      if (!path.startsWith(folder)) continue;
      isBelow = true;
      this.#counts.set(folder, count + 1);
    }
    return isBelow;
  }

  all(): readonly RepositoryBelow[] {
    return [...this.#counts].map(([folder, keys]) => ({ folder, keys }));
  }
}
