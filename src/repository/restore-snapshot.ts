import { Failure } from "../base/failure.ts";
import { restoreArguments } from "../restic/arguments/restore.ts";
import { sinceRelease, supports } from "../restic/features.ts";
import { parseRestoredItem, type RestoredItem } from "../restic/snapshot-line.ts";
import { failureIn, runRestic, type ResticRun } from "./run-restic.ts";
import { readSnapshot, type SnapshotNode } from "./snapshot-contents.ts";

/** Regular files and the sum of their sizes, as `restic backup` counts them: no folders, no links. */
export interface FileCount {
  readonly files: number;
  readonly bytes: number;
}

export interface RestoreRequest extends ResticRun {
  /** An id or `latest`. */
  readonly snapshot: string;
  readonly target: string;
  readonly include: readonly string[];
  /** Needs restic 0.17. */
  readonly dryRun: boolean;
  /**
   * When each of these files last changed in any way (ctime), for those that are there: how a restore by a release that
   * does not name what it restores shows what matched.
   */
  readonly changeTimes: (files: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

/**
 * Runs `restic restore` and counts the files of the snapshot that were asked for, by one rule for every release and
 * whatever stood in the target: also those that were there as they should be. Fails as restic fails, and with
 * `restic-failed` for files it could not write, a snapshot that is not there, and patterns that match nothing.
 */
export async function restoreSnapshot(request: RestoreRequest): Promise<FileCount> {
  refuseOldDryRun(request);
  if (request.include.length === 0) return await restoreAll(request);
  const namesItems = supports(request.session.program.version, "restore-dry-run");
  const matched = namesItems ? await restoreNamed(request) : await restoreCompared(request);
  if (matched !== null) return matched;
  throw nothingMatches(request);
}

async function restoreAll(request: RestoreRequest): Promise<FileCount> {
  const found = { files: 0, bytes: 0 };
  const onNode = ({ type, bytes }: SnapshotNode): void => {
    if (type !== "file") return;
    found.files += 1;
    found.bytes += bytes;
  };
  const id = await readSnapshot({ ...request, onNode });
  await run(request, id, request.onEvent);
  return found;
}

/** By the items that restic names; null where it named none. */
async function restoreNamed(request: RestoreRequest): Promise<FileCount | null> {
  const others = new Set<string>();
  const onNode = ({ type, path }: SnapshotNode): void => {
    if (type !== "file") others.add(path);
  };
  const id = await readSnapshot({ ...request, onNode });
  const items: RestoredItem[] = [];
  await run(request, id, (event) => {
    const item = event.kind === "text" ? parseRestoredItem(event.text) : null;
    if (item === null) request.onEvent?.(event);
    else items.push(item);
  });
  const files = items.filter(({ path }) => !others.has(path));
  return items.length === 0 ? null : { files: files.length, bytes: sum(files) };
}

/** By what changed in the target; null where nothing did. */
async function restoreCompared(request: RestoreRequest): Promise<FileCount | null> {
  const nodes: SnapshotNode[] = [];
  const id = await readSnapshot({ ...request, onNode: (node) => nodes.push(node) });
  const folder = request.target.replace(/\/+$/, "");
  const places = nodes.map(({ path }) => `${folder}${path}`);
  const before = await request.changeTimes(places);
  await run(request, id, request.onEvent);
  const after = await request.changeTimes(places);
  const isChanged = (place: string): boolean => after.has(place) && after.get(place) !== before.get(place);
  const changed = nodes.filter(({ path }) => isChanged(`${folder}${path}`));
  const files = changed.filter(({ type }) => type === "file");
  return changed.length === 0 ? null : { files: files.length, bytes: sum(files) };
}

async function run(request: RestoreRequest, id: string, onEvent: ResticRun["onEvent"]): Promise<void> {
  const { session, include } = request;
  const namesItems = include.length > 0 && supports(session.program.version, "restore-dry-run");
  const snapshot = request.snapshot.replace(/^[^:]*/, id);
  const words = restoreArguments(session.access, { ...request, snapshot, namesItems });
  const failure = failureIn(session, "restore from", await runRestic({ ...request, onEvent }, words));
  if (failure !== null) throw failure;
}

function sum(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}

function nothingMatches({ session, snapshot, include }: RestoreRequest): Failure {
  const { name } = session.access;
  return new Failure({
    kind: "restic-failed",
    action: "restore",
    subject: include.join(", "),
    problem: `nothing in the snapshot ${snapshot} matches`,
    hint: `see what is in it: holdfast exec ${name} -- ls ${snapshot}`,
  });
}

function refuseOldDryRun({ session, dryRun, snapshot }: RestoreRequest): void {
  if (!dryRun || supports(session.program.version, "restore-dry-run")) return;
  throw new Failure({
    kind: "usage",
    action: "try the restore of",
    subject: snapshot,
    problem: `restic ${session.program.version.text} has no --dry-run for restore; it came with ${sinceRelease("restore-dry-run")}`,
    hint: "leave --dry-run out and restore into an empty folder",
  });
}
