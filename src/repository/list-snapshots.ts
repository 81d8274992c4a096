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
  /** When the object that is current now was stored; null where a backup that runs now brought it in between. */
  readonly storedAt: Instant | null;
  /** The two differ by more than an hour. */
  readonly differs: boolean;
}

export interface ListRequest extends ResticRun {
  readonly store: ReadableStore;
}

const tolerance = 3_600_000;

/**
 * The snapshots of the repository, oldest first by the client's time.
 *
 * restic exits 0 with a short or empty list when it could not read one, so the list is counted against the objects that
 * stand under `snapshots/`, looked at before and after: fails with `restic-failed` when an object that stood there both
 * times is missing from the list, or when restic says that it left one out.
 */
export async function listSnapshots(request: ListRequest): Promise<readonly StoredSnapshot[]> {
  const before = await snapshotObjects(request);
  const outcome = await readRestic(request, snapshotsArguments(request.session.access));
  const failure = failureIn(request.session, "list the snapshots of", outcome);
  if (failure !== null) throw failure;
  const snapshots = parseSnapshots(outcome.stdout.join("\n"));
  if (snapshots === null) throw unreadable(request, "restic's list cannot be understood");
  const [warning] = loadWarnings(outcome.stderr);
  if (warning !== undefined) throw unreadable(request, `restic left one out: ${warning}`);
  const after = await snapshotObjects(request);
  const listed = new Set(snapshots.map(({ id }) => id));
  const missing = [...before.keys()].filter((id) => after.has(id) && !listed.has(id));
  if (missing.length > 0) {
    throw unreadable(
      request,
      `restic lists ${snapshots.length} snapshots, and the store holds ${missing.length} more, such as snapshots/${missing[0] ?? ""}`,
    );
  }
  return snapshots.toSorted((a, b) => a.time - b.time).map((snapshot) => withStoreTime(snapshot, after));
}

function withStoreTime(snapshot: Snapshot, objects: ReadonlyMap<string, Instant>): StoredSnapshot {
  const storedAt = objects.get(snapshot.id) ?? null;
  return { ...snapshot, storedAt, differs: storedAt !== null && Math.abs(storedAt - snapshot.time) > tolerance };
}

/** What stands under `snapshots/` now: id to the instant it was stored. Objects that are no snapshot are left out. */
async function snapshotObjects({ session, store }: ListRequest): Promise<ReadonlyMap<string, Instant>> {
  const { prefix } = session.access.location;
  const found = new Map<string, Instant>();
  for await (const { key, lastModified } of store.listCurrent(`${prefix}snapshots/`)) {
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
