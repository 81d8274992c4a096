import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { nearestWord } from "../base/nearest-word.ts";
import { forgetArguments } from "../restic/arguments/forget.ts";
import { pruneArguments } from "../restic/arguments/prune.ts";
import { withExclusiveAccess } from "../restic/exclusive-access.ts";
import { failureOfRestic } from "../restic/exit-code.ts";
import type { ResticOutcome } from "../restic/restic-program.ts";
import type { ResticSession } from "../restic/restic-session.ts";
import type { Snapshot } from "../restic/snapshot.ts";
import { planRetention, railNames, type HeldRail, type RetentionPlan } from "./plan.ts";
import type { RetentionRules } from "./rules.ts";

export interface PruneRequest {
  readonly session: ResticSession;
  readonly rules: RetentionRules;
  readonly clock: Clock;
  /** How long to wait for another restic, in milliseconds; null: five minutes. */
  readonly patience: number | null;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Names of rails to let go this once. */
  readonly release: ReadonlySet<string>;
  /** The snapshots as restic lists them, counted against the store. */
  readonly list: () => Promise<readonly Snapshot[]>;
  /** The number of errors in the repository. */
  readonly check: () => Promise<number>;
  readonly onProgress: (text: string) => void;
  /** Told the plan before anything is done. */
  readonly onPlan: (plan: RetentionPlan) => void;
}

export interface PruneResult {
  /** Ids. */
  readonly kept: readonly string[];
  readonly forgotten: readonly { readonly id: string; readonly reasons: readonly string[] }[];
  readonly held: readonly HeldRail[];
  readonly packsRemoved: number;
}

const usualPatience = 300_000;
/** How many ids one command line takes. */
const idsAtOnce = 500;

/**
 * Decides what to forget, shows it, and if no guard rail holds forgets exactly those ids, counts what is left, and
 * prunes. Whatever stops it leaves a repository that is whole: forgotten snapshots without prune only take room.
 *
 * Fails with `refused` when the list cannot be trusted, `usage` for a rail of an unknown name, and as restic fails.
 */
export async function prune(request: PruneRequest): Promise<PruneResult> {
  refuseUnknownRails(request.release);
  const snapshots = await trustedList(request);
  const plan = planRetention(snapshots, request.rules, request.clock.now());
  request.onPlan(plan);
  const held = plan.held.filter(({ rail }) => rail === "empty-list" || !request.release.has(rail));
  const kept = plan.decisions.filter(({ keep }) => keep).map(({ snapshot }) => snapshot.id);
  const leaving = plan.decisions.filter(({ keep }) => !keep);
  if (held.length > 0) return { kept: snapshots.map(({ id }) => id), forgotten: [], held, packsRemoved: 0 };
  const forgotten = leaving.map(({ snapshot, reasons }) => ({ id: snapshot.id, reasons }));
  const damaged = await checkFirst(request);
  if (damaged !== null) return { kept: snapshots.map(({ id }) => id), forgotten: [], held: [damaged], packsRemoved: 0 };
  if (request.dryRun) return { kept, forgotten, held: [], packsRemoved: 0 };
  await forget(request, { kept, leaving: forgotten.map(({ id }) => id) });
  return { kept, forgotten, held: [], packsRemoved: await removePacks(request) };
}

async function trustedList(request: PruneRequest): Promise<readonly Snapshot[]> {
  try {
    return await request.list();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "restic-failed") throw error;
    const { action, subject, problem, hint, details, cause } = error;
    throw new Failure({ kind: "refused", action, subject, problem, hint, details, cause });
  }
}

async function checkFirst(request: PruneRequest): Promise<HeldRail | null> {
  if (request.release.has("check-failed")) return null;
  request.onProgress("checking the repository");
  const errors = await request.check();
  if (errors === 0) return null;
  const figure = `check found ${errors} ${errors === 1 ? "error" : "errors"}`;
  return { rail: "check-failed", figure, release: "--release check-failed" };
}

interface Split {
  readonly kept: readonly string[];
  readonly leaving: readonly string[];
}

/** Forgets by id, then counts again: what was to stay stands, what was to go is gone. */
async function forget(request: PruneRequest, { kept, leaving }: Split): Promise<void> {
  if (leaving.length === 0) return;
  request.onProgress(`forgetting ${leaving.length} of ${kept.length + leaving.length} snapshots`);
  for (let from = 0; from < leaving.length; from += idsAtOnce) {
    const ids = leaving.slice(from, from + idsAtOnce);
    await exclusively(request, "forget snapshots of", (lock) => forgetArguments(request.session.access, ids, lock));
  }
  const left = new Set((await trustedList(request)).map(({ id }) => id));
  const lost = kept.find((id) => !left.has(id));
  const stayed = leaving.find((id) => left.has(id));
  if (lost !== undefined) throw miscounted(request, `snapshot ${lost} was to be kept and is gone`);
  if (stayed !== undefined) throw miscounted(request, `snapshot ${stayed} was forgotten and still stands`);
}

async function removePacks(request: PruneRequest): Promise<number> {
  request.onProgress("removing what no snapshot needs");
  const outcome = await exclusively(request, "prune", (lock) => pruneArguments(request.session.access, lock));
  return packsRemoved(outcome.stdout);
}

/**
 * How many packs a prune removed, by what it printed: every release says `removing 12 old packs`, and of packs that no
 * index names only `deleting unreferenced packs` with a count in its progress.
 */
export function packsRemoved(lines: readonly string[]): number {
  const old = lines.map((line) => Number(/^removing (\d+) old packs?/.exec(line)?.[1] ?? 0));
  return old.reduce((sum, count) => sum + count, unreferencedRemoved(lines));
}

function unreferencedRemoved(lines: readonly string[]): number {
  const title = lines.indexOf("deleting unreferenced packs");
  if (title === -1) return 0;
  const after = lines.slice(title + 1);
  const end = after.findIndex((line) => !line.endsWith("files deleted"));
  const last = after.slice(0, end === -1 ? after.length : end).at(-1) ?? "";
  return Number(/(\d+) \/ \d+ files deleted$/.exec(last)?.[1] ?? 0);
}

async function exclusively(
  request: PruneRequest,
  action: string,
  words: (lock: readonly string[]) => readonly string[],
): Promise<ResticOutcome> {
  const { session, clock, signal, patience } = request;
  const access = {
    clock,
    patience: patience ?? usualPatience,
    signal,
    onWait: () => request.onProgress("waiting for another restic to end"),
  };
  const outcome = await withExclusiveAccess(session, access, async (lock) => {
    return await session.program.run({ arguments: words(lock), environment: session.environment, signal });
  });
  const failure = failureOfRestic(outcome, { action, subject: session.access.name, access: session.access });
  if (failure !== null) throw failure;
  return outcome;
}

function refuseUnknownRails(names: ReadonlySet<string>): void {
  const unknown = [...names].find((name) => !(railNames as readonly string[]).includes(name));
  if (unknown === undefined) return;
  const nearest = nearestWord(unknown, railNames);
  throw new Failure({
    kind: "usage",
    action: "release the rail",
    subject: unknown,
    problem: "there is no such rail",
    hint: nearest === null ? `one of ${railNames.join(", ")}` : `did you mean ${nearest}?`,
  });
}

function miscounted({ session }: PruneRequest, problem: string): Failure {
  const { name } = session.access;
  return new Failure({
    kind: "restic-failed",
    action: "forget snapshots of",
    subject: name,
    problem,
    hint: `nothing was pruned: look at holdfast snapshots ${name}, and roll back if need be: holdfast rollback plan ${name} --to T`,
  });
}
