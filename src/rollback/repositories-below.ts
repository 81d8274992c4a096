import { repositoryObject } from "../restic/layout.ts";

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
 * The repositories below among `paths`, keys without the prefix. A folder counts only where both a `config` and a key
 * stand or stood in it: a single foreign object named `config` is no reason to leave its folder out.
 */
export function repositoriesBelow(paths: readonly string[]): readonly RepositoryBelow[] {
  const configs = new Set<string>();
  const keys = new Set<string>();
  for (const path of paths) {
    if (repositoryObject(path).kind !== "foreign" || own.has(path.split("/")[0] ?? "")) continue;
    const [ofConfig, ofKey] = [config.exec(path)?.[1], key.exec(path)?.[1]];
    if (ofConfig !== undefined) configs.add(ofConfig);
    if (ofKey !== undefined) keys.add(ofKey);
  }
  return [...configs]
    .filter((folder) => keys.has(folder))
    .map((folder) => ({ folder, keys: paths.filter((path) => path.startsWith(folder)).length }));
}
