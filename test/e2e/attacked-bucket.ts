import { createHash } from "node:crypto";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { objectKey, type ObjectKey } from "../../src/base/object-key.ts";
import { isNullVersion } from "../../src/base/version-id.ts";
import { inParallel } from "../../src/rollback/in-parallel.ts";
import type { HistoryRow, ObjectVersion } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { s3Access } from "../stores/real-stores.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What each key showed; a key that showed nothing is not in it. */
export type Shown = ReadonlyMap<ObjectKey, ObjectVersion>;

/** A bucket after an attack, and what a rollback has to make of it. */
export interface Attacked {
  /** RFC 3339 with its milliseconds: the instant before the attack. */
  readonly to: string;
  readonly goal: Shown;
  /** The whole version listing after the attack. */
  readonly before: readonly HistoryRow[];
}

/** Of a hundred objects; fewer packs than restic would write, so that every stage of a rollback takes its time. */
const shares = { data: 40, index: 25, snapshots: 25, keys: 10 } as const;
const atOnce = 16;

export interface BucketOptions {
  readonly random: SeededRandom;
  /** How many stand in it before the attack, `config` and two packs of the id `null` not counted. */
  readonly objects: number;
}

/**
 * A bucket in restic's shape, of small objects named by their hashes, that can be attacked again after each rollback.
 * Two of its packs were written while versioning was off, so that good versions with the id `null` are among them.
 */
export class AttackedBucket {
  readonly #store: PurgingStore;
  readonly #suspend: () => Promise<void>;
  readonly #prefix: string;
  readonly #random: SeededRandom;
  readonly #objects: number;
  #contents = 0;

  /** `place` as for `openHost`, which has made the bucket. */
  constructor(local: LocalStore, place: string, { random, objects }: BucketOptions) {
    const access = s3Access(local, local.owner, place);
    this.#store = openS3Store(access);
    this.#suspend = async () => await administerBucket(access).suspendVersioning();
    this.#prefix = access.location.prefix;
    this.#random = random;
    this.#objects = objects;
  }

  /** Writes the repository that is attacked afterwards. */
  async lay(): Promise<void> {
    await this.#suspend();
    await this.#add("data", 2);
    await this.#store.enableVersioning();
    await this.#addShare(1);
    await this.#store.put(objectKey(`${this.#prefix}config`), this.#content(200));
  }

  async rows(): Promise<readonly HistoryRow[]> {
    const rows: HistoryRow[] = [];
    for await (const page of this.#store.listVersions(this.#prefix)) rows.push(...page);
    return rows;
  }

  /**
   * Deletes 40 % of what is shown, some of it twice or over an overwrite, overwrites 40 % with as many other bytes, adds
   * 20 % more, and writes over one pack and adds one while versioning is suspended.
   */
  async attack(): Promise<Attacked> {
    const goal = shownBy(await this.rows());
    const to = Math.max(...[...goal.values()].map(({ lastModified }) => lastModified), Date.now());
    // What is written in the millisecond of T would belong to the state at T.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const all = this.#random.shuffled([...goal.values()].filter(({ key }) => key !== `${this.#prefix}config`));
    const share = Math.floor(all.length * 0.4);
    const [deleted, overwritten, rest] = [all.slice(0, share), all.slice(share, 2 * share), all.slice(2 * share)];
    const smothered = deleted.slice(0, share / 12);
    await this.#overwrite([...overwritten, ...smothered]);
    await this.#hide([...deleted.map(({ key }) => key), objectKey(`${this.#prefix}config`)]);
    await this.#hide(deleted.slice(share / 24, share / 6).map(({ key }) => key));
    await this.#addShare(0.2);
    await this.#suspend();
    await this.#overwrite(
      rest.filter(({ key, versionId }) => key.includes("/data/") && !isNullVersion(versionId)).slice(0, 1),
    );
    await this.#add("data", 1);
    await this.#store.enableVersioning();
    return { to: new Date(to).toISOString(), goal, before: await this.rows() };
  }

  async #addShare(share: number): Promise<void> {
    for (const [folder, percent] of Object.entries(shares)) {
      await this.#add(folder, Math.ceil((this.#objects * share * percent) / 100));
    }
  }

  async #add(folder: string, count: number): Promise<void> {
    const contents = Array.from({ length: count }, () => this.#content(200));
    await inParallel(contents, { limit: atOnce }, async (bytes) => {
      const name = createHash("sha256").update(bytes).digest("hex");
      const path = folder === "data" ? `data/${name.slice(0, 2)}/${name}` : `${folder}/${name}`;
      await this.#store.put(objectKey(`${this.#prefix}${path}`), bytes);
    });
  }

  async #overwrite(versions: readonly ObjectVersion[]): Promise<void> {
    await inParallel(versions, { limit: atOnce }, async ({ key, size }) => {
      await this.#store.put(key, this.#content(size));
    });
  }

  async #hide(keys: readonly ObjectKey[]): Promise<void> {
    const refused = (await this.#store.hide(keys)).find(({ error }) => error !== null);
    if (refused !== undefined) throw new Error(`the store does not hide ${refused.key}`);
  }

  /** Bytes that were never written before. */
  #content(size: number): Uint8Array {
    this.#contents += 1;
    return Buffer.from(`${this.#contents} ${this.#random.next()} `.padEnd(size, "holdfast ").slice(0, size));
  }
}

/** What a reader without version ids sees. */
export function shownBy(rows: readonly HistoryRow[]): Shown {
  const shown = rows.filter((row): row is ObjectVersion => row.kind === "version" && row.isLatest);
  return new Map(shown.map((row) => [row.key, row]));
}
