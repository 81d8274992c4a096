import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { displayLocation } from "../base/repository-location.ts";
import { snapshotsArguments } from "../restic/arguments/snapshots.ts";
import { loadWarnings } from "../restic/exit-code.ts";
import { repositoryObject } from "../restic/layout.ts";
import { parseSnapshots, type Snapshot } from "../restic/snapshot.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { failureIn, readRestic, type ResticRun } from "./run-restic.ts";

/** A snapshot with both its times: `time` is the client's word, `storedAt` the store's. */
export interface StoredSnapshot extends Snapshot {
  /** When the object that is current now was stored; null where it came or went while the list was read. */
  readonly storedAt: Instant | null;
  /** The two differ by more than an hour. */
  readonly differs: boolean;
}

export interface ListRequest extends ResticRun {
  /** Called while restic runs already, so that neither waits for the other. */
  readonly store: () => Promise<ReadableStore>;
}

const tolerance = 3_600_000;

interface Reading {
  readonly snapshots: readonly Snapshot[];
  readonly objects: ReadonlyMap<string, Instant>;
}

/**
 * The snapshots of the repository, oldest first by the client's time.
 *
 * restic exits 0 with a short or empty list when it could not read one, so the list is held against the objects that
 * stand under `snapshots/`: fails with `restic-failed` when one that stands is missing from the list, or when restic says
 * that it left one out. Where a backup ended between the two readings they are made once more, one after the other.
 */
export async function listSnapshots(request: ListRequest): Promise<readonly StoredSnapshot[]> {
  const both = await Promise.allSettled([snapshotsOfRestic(request), snapshotObjects(request)]);
  const [first, second] = both;
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  const together: Reading = { snapshots: first.value, objects: second.value };
  const reading = missingOf(together).length === 0 ? together : await inTurn(request);
  const [missing, ...more] = missingOf(reading);
  if (missing !== undefined) {
    const held = `the store holds ${more.length + 1} more, such as snapshots/${missing}`;
    throw unreadable(request, `restic lists ${reading.snapshots.length} snapshots, and ${held}`);
  }
  return reading.snapshots.toSorted((a, b) => a.time - b.time).map((each) => withStoreTime(each, reading.objects));
}

/** Only what stood before restic read its list can be missing from it. */
async function inTurn(request: ListRequest): Promise<Reading> {
  const objects = await snapshotObjects(request);
  return { objects, snapshots: await snapshotsOfRestic(request) };
}

function missingOf({ snapshots, objects }: Reading): readonly string[] {
  const listed = new Set(snapshots.map(({ id }) => id));
  return [...objects.keys()].filter((id) => !listed.has(id));
}

async function snapshotsOfRestic(request: ListRequest): Promise<readonly Snapshot[]> {
  const outcome = await readRestic(request, snapshotsArguments(request.session.access));
  const failure = failureIn(request.session, "list the snapshots of", outcome);
  if (failure !== null) throw failure;
  const snapshots = parseSnapshots(outcome.stdout.join("\n"));
  if (snapshots === null) throw unreadable(request, "restic's list cannot be understood");
  const [warning] = loadWarnings(outcome.stderr);
  if (warning !== undefined) throw unreadable(request, `restic left one out: ${warning}`);
  return snapshots;
}

function withStoreTime(snapshot: Snapshot, objects: ReadonlyMap<string, Instant>): StoredSnapshot {
  const storedAt = objects.get(snapshot.id) ?? null;
  return { ...snapshot, storedAt, differs: storedAt !== null && Math.abs(storedAt - snapshot.time) > tolerance };
}

/** What stands under `snapshots/` now: id to the instant it was stored. Objects that are no snapshot are left out. */
async function snapshotObjects({ session, store }: ListRequest): Promise<ReadonlyMap<string, Instant>> {
  const { prefix } = session.access.location;
  const found = new Map<string, Instant>();
  for await (const { key, lastModified } of (await store()).listCurrent(`${prefix}snapshots/`)) {
    const object = repositoryObject(key.slice(prefix.length));
    if (object.kind === "snapshots") found.set(object.sha256, lastModified);
  }
  return found;
}

function unreadable({ session }: ListRequest, problem: string): Failure {
  const { name, location } = session.access;
  return new Failure({
    kind: "restic-failed",
    action: "list the snapshots of",
    subject: name,
    problem,
    hint: `look at what is damaged: holdfast check ${name}; when it began to be so: holdfast rollback plan ${name} --to T`,
    details: { repository: displayLocation(location) },
  });
}
