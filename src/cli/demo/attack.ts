import { createHash } from "node:crypto";
import { Failure } from "../../base/failure.ts";
import { objectKey, type ObjectKey } from "../../base/object-key.ts";
import { inParallel, objectsAtOnce } from "../../rollback/in-parallel.ts";
import type { HistoryRow } from "../../store/object-version.ts";
import type { BatchOutcome, PurgingStore } from "../../store/versioned-store.ts";

/** One thing the intruder tried with a stolen key. */
export interface Attempt {
  readonly key: "writer" | "pruner";
  readonly attempt: string;
  readonly got: "allowed" | "refused";
  /** What the store said, where it refused. */
  readonly answer: string | null;
}

export interface AttackReport {
  readonly attempts: readonly Attempt[];
  /** Objects that stood before. */
  readonly objects: number;
  readonly deleted: number;
  readonly overwritten: number;
  /** Objects that the intruder added. */
  readonly planted: number;
}

interface Target {
  readonly writer: PurgingStore;
  readonly pruner: PurgingStore;
  readonly prefix: string;
  /** The version history before the attack, as the rescuer sees it: an intruder learns the ids from reads of its own. */
  readonly history: readonly HistoryRow[];
}

const junk = new TextEncoder().encode("all your packs are belong to us\n");
/** How many forged snapshots and packs the intruder adds. */
const forgeries = 5;

/**
 * Does what an intruder with both stolen keys would: overwrites what the writer may, plants and destroys what it can,
 * then deletes everything with the pruner's key and tries to destroy the versions below. Reports what the store refused.
 */
export async function attack(target: Target): Promise<AttackReport> {
  const current = target.history.filter((row) => row.kind === "version" && row.isLatest);
  const keys = current.map((row) => row.key);
  const config = objectKey(`${target.prefix}config`);
  const packs = keys.filter((key) => key.startsWith(`${target.prefix}data/`));
  const first = packs[0] ?? config;
  const attempts = [
    await tried("writer", "delete a pack", () => hideOne(target.writer, first)),
    await tried("writer", "destroy every version", () => destroy(target.writer, target.history)),
    await tried("writer", "replace config", () => target.writer.put(config, junk)),
    await tried("writer", "plant a key", () =>
      target.writer.put(objectKey(`${target.prefix}keys/${"0".repeat(64)}`), junk),
    ),
  ];
  const others = keys.filter((key) => /\/(?:index|snapshots)\//.test(`/${key}`));
  const overwritten = await putJunk(target, [...packs, ...others]);
  attempts.push(counted("writer", "overwrite every pack, index and snapshot", overwritten));
  const planted = await putJunk(target, forgedKeys(target.prefix));
  attempts.push(counted("writer", "add forged snapshots and packs", planted));
  const deleted = await deleteAll(target, keys);
  attempts.push(counted("pruner", "delete every object", deleted));
  attempts.push(await tried("pruner", "destroy every version", () => destroy(target.pruner, target.history)));
  return { attempts, objects: keys.length, deleted, overwritten, planted };
}

function counted(key: Attempt["key"], attempt: string, done: number): Attempt {
  return { key, attempt, got: done > 0 ? "allowed" : "refused", answer: null };
}

/** Names that restic would take for its own. */
function forgedKeys(prefix: string): readonly ObjectKey[] {
  return Array.from({ length: forgeries }, (_, index) =>
    createHash("sha256").update(`forged ${index}`).digest("hex"),
  ).flatMap((name) => [
    objectKey(`${prefix}snapshots/${name}`),
    objectKey(`${prefix}data/${name.slice(0, 2)}/${name}`),
  ]);
}

/** How many of the keys the writer could put junk onto. */
async function putJunk({ writer }: Target, keys: readonly ObjectKey[]): Promise<number> {
  let done = 0;
  await inParallel(keys, { limit: objectsAtOnce }, async (key) => {
    const attempt = await tried("writer", "overwrite", () => writer.put(key, junk));
    if (attempt.got === "allowed") done += 1;
  });
  return done;
}

async function deleteAll(target: Target, keys: readonly ObjectKey[]): Promise<number> {
  const outcomes = await target.pruner.hide(keys);
  return outcomes.filter((outcome) => outcome.error === null).length;
}

async function hideOne(store: PurgingStore, key: ObjectKey): Promise<void> {
  refuseOnError(await store.hide([key]));
}

async function destroy(store: PurgingStore, history: readonly HistoryRow[]): Promise<void> {
  refuseOnError(await store.destroyVersions(history));
}

/** A batch counts as refused only when every entry was. */
function refuseOnError(outcomes: readonly BatchOutcome[]): void {
  const [first] = outcomes;
  if (first !== undefined && first.error !== null && outcomes.every(({ error }) => error !== null)) {
    throw new Failure({
      kind: "store-denied",
      action: "delete",
      subject: first.key,
      problem: first.error.code,
      hint: "",
    });
  }
}

async function tried(key: "writer" | "pruner", attempt: string, act: () => Promise<unknown>): Promise<Attempt> {
  try {
    await act();
    return { key, attempt, got: "allowed", answer: null };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "store-denied") throw error;
    return { key, attempt, got: "refused", answer: error.problem };
  }
}
