import { Failure } from "../base/failure.ts";
import { restoreArguments } from "../restic/arguments/restore.ts";
import type { ResticEvent } from "../restic/events.ts";
import { sinceRelease, supports } from "../restic/features.ts";
import { failureIn, runRestic, type ResticRun } from "./run-restic.ts";

export interface FolderContents {
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
  /** Counts what stands in the target: for releases without a summary, which tell no figures. */
  readonly countTarget: () => Promise<FolderContents>;
}

/** Runs `restic restore` and gives what was restored. Fails as restic fails; files it could not write are `restic-failed`. */
export async function restoreSnapshot(request: RestoreRequest): Promise<FolderContents> {
  const { session, dryRun, onEvent } = request;
  refuseOldDryRun(request);
  const said: { summary: Readonly<Record<string, unknown>> | null } = { summary: null };
  const take = (event: ResticEvent): void => {
    if (event.kind === "summary") said.summary = event.fields;
    onEvent?.(event);
  };
  const outcome = await runRestic({ ...request, onEvent: take }, restoreArguments(session.access, request));
  const failure = failureIn(session, "restore from", outcome);
  if (failure !== null) throw failure;
  const counted = countsOf(said.summary);
  if (counted !== null) return counted;
  return dryRun ? { files: 0, bytes: 0 } : await request.countTarget();
}

function countsOf(summary: Readonly<Record<string, unknown>> | null): FolderContents | null {
  const files = summary?.["total_files"];
  const bytes = summary?.["total_bytes"];
  return typeof files === "number" && typeof bytes === "number" ? { files, bytes } : null;
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
