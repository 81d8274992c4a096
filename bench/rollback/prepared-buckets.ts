import { execa } from "execa";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { startMinio } from "../../src/adapters/local-store/minio.ts";
import { usedBy } from "../measured-process.ts";
import { attack, fill, objectsAtT, requireRestored, type Attack } from "./attacked-bucket.ts";

/** A bucket that was attacked and is to be brought back to `to`; its store runs. */
export interface AttackedBucket {
  readonly store: LocalStore;
  readonly to: Date;
  /** Empty, for the files of whoever restores. */
  readonly folder: string;
  /** What the store's own process has used since it was started, in seconds. */
  readonly storeCpuSeconds: () => number;
}

/**
 * Attacked buckets on a real MinIO, made once each: a run gets a copy of the store's own data folder, so that every side
 * finds the same bucket, down to the version ids.
 */
export class PreparedBuckets {
  readonly #minio: string;
  readonly #folder: string;
  readonly #count: number;
  readonly #objects: ReturnType<typeof objectsAtT>;
  #to: Date | null = null;
  #runs = 0;

  private constructor(options: { readonly minio: string; readonly folder: string; readonly count: number }) {
    this.#minio = options.minio;
    this.#folder = options.folder;
    this.#count = options.count;
    this.#objects = objectsAtT(options.count);
  }

  static async make(options: { readonly minio: string; readonly count: number }): Promise<PreparedBuckets> {
    const folder = await mkdtemp(path.join(tmpdir(), "hf-bench-"));
    const buckets = new PreparedBuckets({ ...options, folder });
    await mkdir(path.join(folder, "at T"));
    await buckets.#during("at T", async (store) => {
      buckets.#to = await fill(store, buckets.#objects);
    });
    return buckets;
  }

  /** Runs `restore` on a bucket of its own, then throws unless all is as it was at T. */
  async run<T>(how: Attack, restore: (bucket: AttackedBucket) => Promise<T>): Promise<T> {
    await this.#prepare(how);
    const name = `run ${++this.#runs}`;
    await this.#copy(how.name, name);
    const folder = path.join(this.#folder, `${name} files`);
    await mkdir(folder, { mode: 0o700 });
    try {
      return await this.#during(name, async (store) => {
        const pid = await processOf(path.join(this.#folder, name, "data"));
        const storeCpuSeconds = (): number => usedBy(pid)?.cpuSeconds ?? Number.NaN;
        const result = await restore({ store, to: this.#to ?? new Date(Number.NaN), folder, storeCpuSeconds });
        await requireRestored(store, this.#objects);
        return result;
      });
    } finally {
      await rm(path.join(this.#folder, name), { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    }
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  readonly #prepared = new Set<string>();

  async #prepare(how: Attack): Promise<void> {
    if (this.#prepared.has(how.name)) return;
    process.stderr.write(`making the bucket: ${this.#count} objects, ${how.name}\n`);
    await this.#copy("at T", how.name);
    await this.#during(how.name, async (store) => await attack(store, this.#objects, how));
    this.#prepared.add(how.name);
  }

  async #copy(from: string, to: string): Promise<void> {
    await execa("cp", ["-a", path.join(this.#folder, from), path.join(this.#folder, to)]);
    await execa("sync", ["-f", this.#folder]);
  }

  async #during<T>(name: string, work: (store: LocalStore) => Promise<T>): Promise<T> {
    const store = await startMinio(this.#minio, { folder: path.join(this.#folder, name) });
    // The store has a session of its own: without this a Ctrl-C would leave it running.
    const leave = (): void => {
      const cleared = store.stop().then(async () => await this.remove());
      void cleared.finally(() => process.exit(130));
    };
    process.once("SIGINT", leave).once("SIGTERM", leave);
    try {
      return await work(store);
    } finally {
      process.off("SIGINT", leave).off("SIGTERM", leave);
      await store.stop();
    }
  }
}

/** The process that has `word` for one of its arguments; undefined where there is none, or no /proc. */
async function processOf(word: string): Promise<number | undefined> {
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (line.split("\0").includes(word)) return Number(name);
  }
  return undefined;
}
