import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { Snapshot } from "../restic/snapshot.ts";
import type { BucketSettings } from "../store/bucket-settings.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import type { TimedSnapshot } from "./clocks.ts";
import { firstStored } from "./first-stored.ts";
import { overwrittenData, type OverwrittenData } from "./overwritten.ts";
import type { RetentionRecord } from "./record.ts";

/** A snapshot as it is listed, with when its current object was stored; null where it came or went meanwhile. */
export interface ListedSnapshot extends Snapshot {
  readonly storedAt: Instant | null;
}

/** Something that was looked at, or why it could not be. */
export type Seen<T> = { readonly kind: "seen"; readonly value: T } | { readonly kind: "unseen"; readonly why: string };

/** All that a plan is made from, read without a lock. */
export interface Look {
  readonly now: Instant;
  readonly snapshots: readonly TimedSnapshot[];
  /** Names of the objects under keys/. */
  readonly keys: readonly string[];
  readonly overwritten: Seen<OverwrittenData>;
  readonly lifecycle: Seen<BucketSettings["lifecycle"]>;
}

export interface LookRequest {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly prefix: string;
  /** The snapshots as restic lists them, counted against the store. */
  readonly list: () => Promise<readonly ListedSnapshot[]>;
  /** The bucket with the key that prunes. */
  readonly store: Pick<ReadableStore, "listCurrent">;
  /** The bucket with a key of this host that may list versions; null where it has none. */
  readonly history: Pick<ReadableStore, "listVersions" | "read" | "settings"> | null;
}

const noHistory = "needs the monitor's or the rescuer's key on this host";

/** Reads what the plan needs; writes nothing and takes no lock. Fails as restic and the store fail. */
export async function lookAt(request: LookRequest, record: RetentionRecord | null): Promise<Look> {
  const { clock, history, prefix, signal } = request;
  const listed = await request.list();
  const now = clock.now();
  const stored = await seen(history, async (store) => await firstStored(store, prefix));
  const first = stored.kind === "seen" ? stored.value : new Map<string, Instant>();
  const since = record?.acceptedAt ?? null;
  return {
    now,
    snapshots: timed(listed, { now, first, record }),
    keys: await keyNames(request),
    overwritten: await seen(history, async (store) => await overwrittenData({ store, prefix, since, signal })),
    lifecycle: await seen(history, async (store) => (await store.settings()).lifecycle),
  };
}

type History = NonNullable<LookRequest["history"]>;

async function seen<T>(history: History | null, look: (history: History) => Promise<T>): Promise<Seen<T>> {
  if (history === null) return { kind: "unseen", why: noHistory };
  try {
    return { kind: "seen", value: await look(history) };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "store-denied") throw error;
    return { kind: "unseen", why: error.problem };
  }
}

async function keyNames({ store, prefix }: LookRequest): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { key } of store.listCurrent(`${prefix}keys/`)) {
    const path = key.slice(prefix.length);
    if (repositoryObject(path).kind !== "canary") names.push(path.slice("keys/".length));
  }
  return names;
}

interface Dates {
  readonly now: Instant;
  readonly first: ReadonlyMap<string, Instant>;
  readonly record: RetentionRecord | null;
}

function timed(listed: readonly ListedSnapshot[], { now, first, record }: Dates): readonly TimedSnapshot[] {
  const current = new Map(listed.map(({ id, storedAt }) => [id, storedAt]));
  const firstSeen = (id: string): Instant | null => record?.snapshots[id]?.firstSeen ?? null;
  const stored = (id: string): Instant | null => {
    const words = [first.get(id) ?? current.get(id) ?? null, firstSeen(id)].filter((word) => word !== null);
    return words.length === 0 ? null : (Math.min(...words) as Instant);
  };
  return listed.map((snapshot) => {
    const storedAt = stored(snapshot.id) ?? now;
    const original = snapshot.original === null ? null : stored(snapshot.original);
    return {
      ...snapshot,
      storedAt,
      originalStoredAt: original !== null && original < storedAt ? original : storedAt,
      firstSeen: firstSeen(snapshot.id) ?? now,
    };
  });
}
