import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectKey } from "../../src/base/object-key.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { realStores, s3Access, type RealStore, type RunningStore } from "../stores/real-stores.ts";
import { openHostWithRepository, type Host } from "./host.ts";

const windowSeconds = 3;
/** Past the window, and past the second that a date may have been cut down to. */
const pastTheWindow = async (): Promise<void> => await setTimeout((windowSeconds + 2) * 1000);

/** A repository of which a snapshot was pruned, the host that keeps it, and one that holds the purger's key alone. */
interface Purging {
  readonly host: Host;
  readonly purger: Host;
  readonly store: PurgingStore;
}

async function layPurging({ store: local }: RunningStore, bucket: string): Promise<Purging> {
  const host = await openHostWithRepository(local, `${bucket}/home`);
  const key = await local.makeKey({ role: "purger", bucket, prefix: "home/" });
  const purger = host.with({ keys: { purger: key } });
  appendFileSync(purger.configFile, `    recovery-window: ${windowSeconds}s\n`);
  await succeed(host, ["backup"]);
  appendFileSync(path.join(host.files, "one"), "and more\n");
  await succeed(host, ["backup"]);
  await succeed(host, ["exec", "--role", "pruner", "--", "forget", "--keep-last", "1", "--prune"]);
  return { host, purger, store: openS3Store(s3Access(local, local.owner, `${bucket}/home`)) };
}

async function succeed(host: Host, words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { code, last, stdout, stderr } = await host.run(["--json", "--yes", ...words]);
  expect(code, `${words.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
  return last;
}

async function rowsOf(store: PurgingStore): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions("home/")) rows.push(...page);
  return rows;
}

const isCurrent = ({ isLatest, kind }: HistoryRow): boolean => isLatest && kind === "version";
const namesOf = (rows: readonly HistoryRow[]): readonly string[] => rows.map((row) => `${row.key} ${row.versionId}`);

/** Only what is current is left, and the repository is whole. */
async function expectPurged({ host, store }: Purging, before: readonly HistoryRow[]): Promise<void> {
  const current = namesOf(before.filter(isCurrent));
  expect(namesOf(await rowsOf(store))).toEqual(current);
  expect(await succeed(host, ["check", "--read-data-subset", "100%"])).toMatchObject({ errors: 0 });
}

function during(real: RealStore): () => RunningStore {
  let running: RunningStore | undefined;
  beforeAll(async () => (running = await real.start()));
  afterAll(async () => await running?.stop());
  return () => {
    if (running === undefined) throw new Error("the store does not run");
    return running;
  };
}

const [ceph, minio] = realStores();

describe.skipIf(!ceph.isHere)("holdfast purge on Ceph RGW", () => {
  const running = during(ceph);

  it("shows what would go, then destroys it with a key that can do nothing else", async () => {
    const purging = await layPurging(running(), "purge");
    const { host, purger, store } = purging;
    await pastTheWindow();
    const before = await rowsOf(store);
    const old = before.filter((row) => !isCurrent(row));
    const dry = await succeed(purger, ["purge", "--dry-run"]);
    expect(await rowsOf(store)).toEqual(before);
    const done = await succeed(purger, ["purge"]);
    expect(done).toMatchObject({
      versionsRemoved: old.filter(({ kind }) => kind === "version").length,
      markersRemoved: old.filter(({ kind }) => kind === "marker").length,
      bytesFreed: dry["bytes"],
      left: 0,
    });
    expect(done["versionsRemoved"]).toBeGreaterThan(3);
    await expectPurged(purging, before);
    expect(await succeed(purger, ["purge"])).toMatchObject({ versionsRemoved: 0, markersRemoved: 0 });
    await host.remove();
  });

  it("asks first, and stops at a question that nobody answers", async () => {
    const { host, purger, store } = await layPurging(running(), "asked");
    await pastTheWindow();
    const before = await rowsOf(store);
    const { code, last } = await purger.run(["--json", "purge"]);
    expect({ code, last }).toMatchObject({ code: 64, last: { type: "failure", kind: "usage" } });
    expect(await rowsOf(store)).toEqual(before);
    await host.remove();
  });

  it("goes on after a kill -9 amidst it", async () => {
    const purging = await layPurging(running(), "killed");
    const { host, purger, store } = purging;
    await layOldPacks(store, 1200);
    await pastTheWindow();
    const before = await rowsOf(store);
    const killed = await purger.run(["--json", "--yes", "purge"], {
      whileRunning: async (child) => {
        while (journalSize(purger) < 1000 && child.exitCode === null) await setTimeout(2);
        child.kill("SIGKILL");
      },
    });
    expect(killed.code).toBeNull();
    const amidst = await rowsOf(store);
    expect(amidst.length).toBeGreaterThan(before.filter(isCurrent).length);
    expect(namesOf(amidst.filter(isCurrent))).toEqual(namesOf(before.filter(isCurrent)));
    const { stoppedBefore } = await succeed(purger, ["purge"]);
    expect(stoppedBefore).toMatchObject({ journal: expect.stringContaining("purges/home-") as string });
    await expectPurged(purging, before);
    await host.remove();
  });
});

describe.skipIf(!minio.isHere)("holdfast purge on MinIO, where dates can be forged", () => {
  const running = during(minio);

  it("destroys nothing in its first run and says from when on it can, then what that run saw superseded", async () => {
    const purging = await layPurging(running(), "purge");
    const { host, purger, store } = purging;
    await pastTheWindow();
    const before = await rowsOf(store);
    const began = Date.now();
    const first = await succeed(purger, ["purge"]);
    expect(first).toMatchObject({ versionsRemoved: 0, markersRemoved: 0, earlierListing: null });
    expect(first["waiting"]).toBeGreaterThan(3);
    expect(Date.parse(String(first["possibleFrom"]))).toBeGreaterThan(began + windowSeconds * 1000);
    expect(await rowsOf(store)).toEqual(before);
    await pastTheWindow();
    const second = await succeed(purger, ["purge"]);
    expect(second["versionsRemoved"]).toBe(before.filter((row) => row.kind === "version" && !isCurrent(row)).length);
    await expectPurged(purging, before);
    await host.remove();
  });
});

/** Packs that were stored and hidden. */
async function layOldPacks(store: PurgingStore, count: number): Promise<void> {
  const name = (index: number): string => index.toString(16).padStart(64, "0");
  const keys = Array.from({ length: count }, (_, index) => objectKey(`home/data/00/${name(index)}`));
  for (let from = 0; from < count; from += 100) {
    await Promise.all(keys.slice(from, from + 100).map(async (key) => await store.put(key, new Uint8Array(8))));
  }
  await store.hide(keys);
}

/** Of the newest journal, in bytes. */
function journalSize(host: Host): number {
  const folder = path.join(host.stateFolder, "purges");
  const journals = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".journal.jsonl")) : [];
  const newest = journals.sort().at(-1);
  return newest === undefined ? 0 : readFileSync(path.join(folder, newest)).length;
}
