import type { Clock } from "../base/clock.ts";
import { forgetArguments, forgetTrialArguments } from "../restic/arguments/forget.ts";
import { pruneArguments, type PruneLimits } from "../restic/arguments/prune.ts";
import { withExclusiveAccess } from "../restic/exclusive-access.ts";
import { failureOfRestic } from "../restic/exit-code.ts";
import type { ResticOutcome } from "../restic/restic-program.ts";
import type { ResticSession } from "../restic/restic-session.ts";

/** How a run uses restic. */
export interface ResticSteps {
  readonly session: ResticSession;
  readonly clock: Clock;
  /** How long to wait for another restic, in milliseconds; null: five minutes. */
  readonly patience: number | null;
  readonly signal: AbortSignal;
  readonly pruneLimits: PruneLimits;
  readonly onProgress: (text: string) => void;
}

const usualPatience = 300_000;
/** How many ids one command line takes. */
const idsAtOnce = 500;

/** Forgets exactly these snapshots; nothing for none. Fails as restic fails, some of them forgotten by then. */
export async function forgetSnapshots(steps: ResticSteps, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += idsAtOnce) {
    const some = ids.slice(from, from + idsAtOnce);
    await exclusively(steps, "forget snapshots of", (lock) => forgetArguments(steps.session.access, some, lock));
  }
}

/** Hides what no snapshot needs; gives the number of packs. Fails as restic fails. */
export async function removePacks(steps: ResticSteps): Promise<number> {
  steps.onProgress("removing what no snapshot needs");
  const { access } = steps.session;
  const outcome = await exclusively(steps, "prune", (lock) => pruneArguments(access, lock, steps.pruneLimits));
  return packsRemoved(outcome.stdout);
}

/**
 * How many bytes a prune would remove after these were forgotten, as restic estimates them, to three digits; null where
 * there is nothing to forget or it does not say. Writes nothing. Fails as restic fails.
 */
export async function bytesToFree(steps: ResticSteps, ids: readonly string[]): Promise<number | null> {
  if (ids.length === 0) return null;
  const { session, signal, pruneLimits } = steps;
  const words = forgetTrialArguments(session.access, ids, pruneLimits);
  const outcome = await session.program.run({ arguments: words, environment: session.environment, signal });
  throwFailure(steps, "estimate a prune of", outcome);
  return bytesPruned(outcome.stdout);
}

const unitSizes: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** By the line that every release prints: `total prune:           4 blobs / 1.174 KiB`. */
export function bytesPruned(lines: readonly string[]): number | null {
  for (const line of lines) {
    const [, amount, unit = ""] = /^total prune: +\d+ blobs \/ ([\d.]+) (\w+)$/.exec(line.trim()) ?? [];
    if (amount !== undefined) return Math.round(Number(amount) * (unitSizes[unit] ?? Number.NaN));
  }
  return null;
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
  steps: ResticSteps,
  action: string,
  words: (lock: readonly string[]) => readonly string[],
): Promise<ResticOutcome> {
  const { session, clock, signal, patience } = steps;
  const access = {
    clock,
    patience: patience ?? usualPatience,
    signal,
    onWait: () => steps.onProgress("waiting for another restic to end"),
  };
  const outcome = await withExclusiveAccess(session, access, async (lock) => {
    return await session.program.run({ arguments: words(lock), environment: session.environment, signal });
  });
  throwFailure(steps, action, outcome);
  return outcome;
}

function throwFailure({ session: { access } }: ResticSteps, action: string, outcome: ResticOutcome): void {
  const failure = failureOfRestic(outcome, { action, subject: access.name, access });
  if (failure !== null) throw failure;
}
