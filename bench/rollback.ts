import { existsSync } from "node:fs";
import path from "node:path";
import { firstOnPath } from "../src/adapters/process/search-path.ts";
import { cacheFolderOf } from "../src/cli/demo/demo-store.ts";
import { median } from "./interleaved.ts";
import type { Usage } from "./measured-process.ts";
import { findPeer } from "./peers/find-peer.ts";
import type { Attack } from "./rollback/attacked-bucket.ts";
import { startCountingProxy } from "./rollback/counting-proxy.ts";
import { PreparedBuckets } from "./rollback/prepared-buckets.ts";
import { attacks, holdfastSide, pitRestoreSide, rcloneSide, type Side, type Task } from "./rollback/sides.ts";
import type { BenchRow } from "./row.ts";

const objects = 10_000;
const runs = 3;

/**
 * The requests that Holdfast and the peers send to bring back the same bucket, all counted, reads included. The peers
 * are looked for on PATH and in the cache; `node bench/peers/fetch-peers.ts` puts them there.
 */
export async function rollbackRequests(): Promise<readonly BenchRow[]> {
  return await withBuckets(async (buckets, peers) => {
    const count = async (side: Side): Promise<number> => await requestsOf(side, buckets);
    const ours = await count(holdfastSide("none"));
    const row = { unit: "requests", ours };
    const title = "requests, 40/40/20 of 10,000 x 1 KiB";
    return [
      compared(title, { ...row, peer: peers.rclone, theirs: await ifThere(peers.rclone, count), goal: 4.4 }),
      compared(title, { ...row, peer: peers.pitRestore, theirs: await ifThere(peers.pitRestore, count), goal: 2.9 }),
    ];
  });
}

/** The time to bring back 10,000 deleted objects. */
export async function rollbackDeleted(): Promise<readonly BenchRow[]> {
  return await withBuckets(async (buckets, peers) => {
    const ours = holdfastSide("none");
    const times = await interleaved([ours, peers.rclone, peers.pitRestore], { buckets, how: attacks.deleted });
    const title = "seconds, 10,000 deleted";
    return [peers.rclone, peers.pitRestore].map((peer) =>
      compared(title, { ours: times(ours) ?? Number.NaN, theirs: times(peer), peer, unit: "s", goal: 5 }),
    );
  });
}

/** The time to bring back 10,000 overwritten objects, without proof and with every one of them hashed. */
export async function rollbackOverwritten(): Promise<readonly BenchRow[]> {
  return await withBuckets(async (buckets, peers) => {
    const [bare, proven] = [holdfastSide("none"), holdfastSide("all")];
    const sides = [bare, proven, peers.rclone, peers.pitRestore];
    const times = await interleaved(sides, { buckets, how: attacks.overwritten });
    return [bare, proven].flatMap((side) =>
      [peers.rclone, peers.pitRestore].map((peer) =>
        compared(`seconds, 10,000 overwritten${side === proven ? ", hashed" : ""}`, {
          ours: times(side) ?? Number.NaN,
          theirs: times(peer),
          peer,
          unit: "s",
          goal: side === proven ? 1 : 1.5,
        }),
      ),
    );
  });
}

/** A peer that may be missing keeps its name, for its row. */
type Peer = Side | { readonly name: string; readonly restore: null };

interface Peers {
  readonly rclone: Peer;
  readonly pitRestore: Peer;
}

async function withBuckets<T>(work: (buckets: PreparedBuckets, peers: Peers) => Promise<T>): Promise<T> {
  const [rclone, pitRestore] = [await findPeer("rclone", process.env), await findPeer("s3-pit-restore", process.env)];
  const peers: Peers = {
    rclone: rclone === null ? { name: "rclone", restore: null } : rcloneSide(rclone),
    pitRestore: pitRestore === null ? { name: "s3-pit-restore", restore: null } : pitRestoreSide(pitRestore),
  };
  const buckets = await PreparedBuckets.make({ minio: await findMinio(), count: objects });
  try {
    return await work(buckets, peers);
  } finally {
    await buckets.remove();
  }
}

async function findMinio(): Promise<string> {
  const cached = path.join(cacheFolderOf(process.env), "minio/bin/minio");
  const found = (await firstOnPath("minio", process.env["PATH"] ?? "")) ?? (existsSync(cached) ? cached : null);
  if (found === null) throw new Error("this bench needs a MinIO, on PATH or in the cache, where `npm test` builds one");
  return found;
}

async function requestsOf(side: Side, buckets: PreparedBuckets): Promise<number> {
  return await buckets.run(attacks.mixed, async (bucket) => {
    const proxy = await startCountingProxy(bucket.store.endpoint);
    const usage = await restored(side, { ...bucket, endpoint: proxy.endpoint }).finally(() => proxy.stop());
    const counts = proxy.counts();
    tell(side, usage, counts.map(([kind, count]) => `${count} ${kind}`).join(", "));
    return counts.reduce((sum, [, count]) => sum + count, 0);
  });
}

/** Runs the sides in turn, A B C A B C, so that a drifting machine slows all, and gives the median of each. */
async function interleaved(
  sides: readonly Peer[],
  { buckets, how }: { readonly buckets: PreparedBuckets; readonly how: Attack },
): Promise<(side: Peer) => number | null> {
  const times = new Map<Peer, number[]>();
  for (let run = 0; run < runs; run++) {
    for (const side of sides) {
      if (side.restore === null) continue;
      const usage = await buckets.run(how, async (bucket) => {
        return await restored(side, { ...bucket, endpoint: bucket.store.endpoint });
      });
      tell(side, usage, how.name);
      times.set(side, [...(times.get(side) ?? []), usage.seconds]);
    }
  }
  return (side) => (times.has(side) ? median(times.get(side) ?? []) : null);
}

interface StoreUsage extends Usage {
  readonly storeCpuSeconds: number;
}

async function restored(side: Side, task: Task): Promise<StoreUsage> {
  const before = task.storeCpuSeconds();
  const usage = await side.restore(task);
  return { ...usage, storeCpuSeconds: task.storeCpuSeconds() - before };
}

function tell(side: Side, usage: StoreUsage, what: string): void {
  const { seconds, cpuSeconds, storeCpuSeconds, peakMebibytes } = usage;
  const cpu = `CPU ${cpuSeconds.toFixed(2)} s, the store's ${storeCpuSeconds.toFixed(2)} s`;
  process.stderr.write(
    `${side.name}: ${seconds.toFixed(2)} s, ${cpu}, peak ${peakMebibytes.toFixed(0)} MiB; ${what}\n`,
  );
}

async function ifThere<T>(peer: Peer, measure: (side: Side) => Promise<T>): Promise<T | null> {
  return peer.restore === null ? null : await measure(peer);
}

interface Comparison {
  readonly ours: number;
  readonly theirs: number | null;
  readonly peer: Peer;
  readonly unit: string;
  /** How many times less ours has to be. */
  readonly goal: number;
}

function compared(title: string, { ours, theirs, peer, unit, goal }: Comparison): BenchRow {
  const ratio = theirs === null ? null : theirs / ours;
  return {
    name: `${title} / ${peer.name}`,
    ours,
    peer: theirs,
    unit,
    ratio,
    goal: `>= ${goal} x less`,
    met: ratio === null ? null : ratio >= goal,
  };
}
