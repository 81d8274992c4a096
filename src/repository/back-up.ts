import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { addMilliseconds } from "../base/instant.ts";
import { backupArguments, type BackupOptions } from "../restic/arguments/backup.ts";
import { lockWaitArguments } from "../restic/arguments/global.ts";
import type { ResticEvent } from "../restic/events.ts";
import { supports } from "../restic/features.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import type { ResticOutcome } from "../restic/restic-program.ts";
import { failureIn, runRestic, type ResticRun } from "./run-restic.ts";

export interface BackupRequest extends ResticRun {
  readonly options: BackupOptions;
  readonly dryRun: boolean;
  /** How long to wait for whoever holds the repository for himself, in milliseconds. Null: not at all. */
  readonly retryLock: number | null;
  readonly clock: Clock;
  /** For the full id of the snapshot, which restic tells since 0.15. */
  readonly store: () => Promise<ReadableStore>;
}

interface BackupFigures {
  /** Null on a dry run, and where nothing changed and `skip-if-unchanged` is set. */
  readonly snapshotId: string | null;
  readonly totalFilesProcessed: number;
  readonly totalBytesProcessed: number;
  readonly totalDuration: number;
  readonly dataAdded: number;
}

/** restic's summary, all its names in camelCase. Sizes are bytes, durations seconds. */
export interface BackupResult extends BackupFigures {
  readonly dryRun: boolean;
  /** Files that restic could not read, and paths that are not there: the snapshot lacks them. */
  readonly unread: readonly string[];
  readonly [field: string]: unknown;
}

/**
 * Runs `restic backup`. Files that cannot be read are data, named in `unread`: a snapshot was made all the same. Every
 * other end of restic is the Failure that it stands for.
 */
export async function backUp(request: BackupRequest): Promise<BackupResult> {
  const { session, clock, onEvent } = request;
  const began = clock.now();
  const said: { summary: Readonly<Record<string, unknown>> | null } = { summary: null };
  const unread: string[] = [];
  const missing: string[] = [];
  const take = (event: ResticEvent): void => {
    if (event.kind === "summary") said.summary = event.fields;
    if (event.kind === "error") unread.push(event.item ?? event.message);
    if (event.kind === "text") missing.push(...missingPath(event.text));
    onEvent?.(event);
  };
  const { version } = session.program;
  const running = whenUnlocked(request, async (lock) => {
    const words = backupArguments(session.access, request.options, { version, dryRun: request.dryRun, lock });
    return await runRestic({ ...request, onEvent: take }, words);
  });
  // Opened while restic runs, for it takes as long as a small backup.
  const store = supports(version, "full-snapshot-id") || request.dryRun ? null : request.store().catch(() => null);
  const [outcome, opened] = await Promise.all([running, store]);
  const failure = failureIn(session, "back up", outcome);
  const isIncomplete = failure?.kind === "incomplete" && said.summary !== null;
  if (failure !== null && !isIncomplete) throw failure;
  if (said.summary === null) throw saidNothing(request);
  const fields = said.summary;
  const missed = [...new Set(missing), ...(isIncomplete ? unread : [])];
  if (isIncomplete && missed.length === 0) missed.push("restic does not say which");
  const figures = certainFields(fields, (clock.now() - began) / 1000);
  // restic makes an id up on a dry run.
  const snapshotId = request.dryRun ? null : await fullId(request, figures.snapshotId, opened);
  return { ...inCamelCase(fields), ...figures, snapshotId, dryRun: request.dryRun, unread: missed };
}

/**
 * 0.14 gives the first eight digits only: the object's name has them all. Where the store does not tell it stays short,
 * for the snapshot is made and the backup no failure.
 */
async function fullId(
  { session }: BackupRequest,
  id: string | null,
  store: ReadableStore | null,
): Promise<string | null> {
  if (id === null || store === null) return id;
  const { prefix } = session.access.location;
  try {
    for await (const { key } of store.listCurrent(`${prefix}snapshots/${id}`)) {
      const object = repositoryObject(key.slice(prefix.length));
      if (object.kind === "snapshots") return object.sha256;
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return id;
}

/** An exit 0 alone is no proof that anything was saved. */
function saidNothing({ session }: BackupRequest): Failure {
  const { name } = session.access;
  return new Failure({
    kind: "restic-failed",
    action: "back up",
    subject: name,
    problem: "restic ended with 0 and did not say what it saved",
    hint: `see what is there: holdfast snapshots ${name}; then run it again with --verbose`,
  });
}

/** Up to 0.18 restic ends with 0 all the same when a path is not there, and no release has JSON for it. */
function missingPath(text: string): readonly string[] {
  const found = /^(\S.*) does not exist, skipping$/.exec(text)?.[1];
  return found === undefined ? [] : [found];
}

/** A backup shares the repository with others: only a check or a prune keeps it out. */
async function whenUnlocked(
  { session, retryLock, clock, signal }: BackupRequest,
  run: (lock: readonly string[]) => Promise<ResticOutcome>,
): Promise<ResticOutcome> {
  const patience = retryLock ?? 0;
  if (supports(session.program.version, "retry-lock")) return await run(lockWaitArguments(patience));
  for (const end = addMilliseconds(clock.now(), patience); ;) {
    const outcome = await run([]);
    const left = end - clock.now();
    if (left <= 0 || failureIn(session, "back up", outcome)?.kind !== "locked") return outcome;
    await clock.sleep(Math.min(left, 5000), signal);
  }
}

function certainFields(fields: Readonly<Record<string, unknown>>, secondsByUs: number): BackupFigures {
  const figure = (name: string): number => (typeof fields[name] === "number" ? fields[name] : 0);
  const duration = figure("total_duration");
  const id = fields["snapshot_id"];
  return {
    snapshotId: typeof id === "string" && id !== "" ? id : null,
    totalFilesProcessed: figure("total_files_processed"),
    totalBytesProcessed: figure("total_bytes_processed"),
    // Where it makes no snapshot, 0.18 counts from the year 1.
    totalDuration: duration < 0 ? secondsByUs : duration,
    dataAdded: figure("data_added"),
  };
}

function inCamelCase(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const named = Object.entries(fields).filter(([name]) => name !== "message_type");
  return Object.fromEntries(
    named.map(([name, value]) => [name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()), value]),
  );
}
