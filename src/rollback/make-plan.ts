import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { displayLocation } from "../base/repository-location.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { LineFile, StateFolder } from "../base/state-folder.ts";
import { EvidenceWriter, savedRows } from "../history/evidence.ts";
import type { EvidenceSeal } from "../history/evidence.ts";
import { keyHistories } from "../history/key-history.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { essentialOf, missingAt, workableInstants } from "../history/repository-state.ts";
import type { ListingOrder } from "../history/state-at.ts";
import { parseTarget, resolveTarget } from "../history/target-instant.ts";
import type { DateResolution, TargetWord } from "../history/target-instant.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { ReadableStore, Versioning } from "../store/versioned-store.ts";
import { acceptNeeded } from "./accept.ts";
import type { AcceptWord } from "./accept.ts";
import { decideKey } from "./decide.ts";
import type { BringBack, Decision, RollbackGoal } from "./decide.ts";
import { rollbackFile, takeStem } from "./file-names.ts";
import { inParallel, objectsAtOnce } from "./in-parallel.ts";
import { planKey, planProven, planRollback } from "./plan.ts";
import type { KeyPlan } from "./plan.ts";
import type { RollbackTotals } from "./plan-totals.ts";
import { writePlan } from "./plan-file.ts";
import { proveKey, versionHasher } from "./prove.ts";
import { repositoriesBelow } from "./repositories-below.ts";
import type { RepositoryBelow } from "./repositories-below.ts";
import { rollbackObject } from "./stage.ts";

/** `total` is null while it is not known: a listing does not say how long it is. */
export interface PlanProgress {
  readonly stage: "list" | "prove";
  readonly done: number;
  readonly total: number | null;
  /** Bytes read for proofs so far. */
  readonly bytes: number;
}

export interface PlanRequest {
  readonly store: ReadableStore;
  /** The repository's name in the configuration; files are named after it. */
  readonly repository: string;
  readonly location: RepositoryLocation;
  /** T as the user typed it, see `parseTarget`. */
  readonly to: string;
  /** From the provider's profile; `millisecond` where it is not known. */
  readonly resolution: DateResolution;
  /** From the provider's profile; `split` where it is not known. */
  readonly order: ListingOrder;
  readonly state: StateFolder;
  readonly clock: Clock;
  /** The SHA-256 of `config` that init recorded, in hex; null where there is none. */
  readonly recordedConfigHash: string | null;
  /**
   * From the provider's profile: whether a client can forge dates or replace a version in place. Then every object that
   * stays is hashed too, which reads the whole repository. False where it is left out.
   */
  readonly historyForgeable?: boolean;
  readonly onProgress?: (progress: PlanProgress) => void;
  readonly signal?: AbortSignal;
  /** Opens the file to write the plan to; left out, it goes into the state folder. Called when the plan is decided. */
  readonly out?: () => Promise<LineFile>;
}

/** What a plan came to; the numbers and paths that contract.md names, and a few more. */
export interface RollbackPlanResult extends RollbackTotals {
  /** The plan's path, and the short name by which `apply` finds it; null for a plan that went elsewhere. */
  readonly plan: string;
  readonly name: string | null;
  readonly evidence: string;
  /** The exact instant used, RFC 3339 in UTC. */
  readonly to: string;
  readonly versions: number;
  readonly keys: number;
  /** Repositories in folders below this one, which the plan does not touch. */
  readonly leftOut: readonly RepositoryBelow[];
  readonly versioning: Versioning;
  readonly lastHash: string;
  readonly accept: readonly AcceptWord[];
  readonly unrecoverableKeys: readonly { readonly key: string; readonly reason: string }[];
}

/**
 * Reads the whole version history, saves it as evidence, folds it into the state at T, proves what is to be brought back
 * and writes the plan. Reads the bucket only.
 *
 * Fails with `usage` for a T that cannot be read; with `refused` where the bucket keeps no versions, nothing stands or
 * stood under the prefix, or config, keys or snapshots are missing at T (the hint names the instants that work). A
 * bucket whose versioning is suspended can be planned for, the history is still there; it is `apply` that refuses.
 */
export async function makeRollbackPlan(request: PlanRequest): Promise<RollbackPlanResult> {
  const { location, state, clock } = request;
  const word = parseTarget(request.to, request.resolution);
  const versioning = await requireHistory(request);
  const goal = { prefix: location.prefix, order: request.order, to: await targetOf(word, request) };
  const { stem, file: evidenceFile } = await takeStem(state, request.repository, goal.to);
  const evidence = { file: evidenceFile, name: rollbackFile("evidence", stem), versioning };
  const reading = await readHistory(request, goal, evidence);
  requireWhole(reading.essentials, goal, location);
  const proven = await proveAll(request, reading.toProve);
  const decisions = planRollback([...reading.decided, ...proven], goal.prefix);
  const file = request.out === undefined ? await state.create(rollbackFile("plan", stem)) : await request.out();
  const named = { repository: request.repository, location: location.spelling };
  const { leftOut } = reading;
  const header = { ...named, ...goal, createdAt: clock.now(), evidence: reading.seal, leftOut, undoes: null };
  const lastHash = await writePlan(file, header, decisions);
  return {
    plan: file.path,
    name: request.out === undefined ? stem : null,
    evidence: reading.seal.path,
    to: formatInstant(goal.to),
    ...decisions.totals,
    versions: reading.versions,
    keys: reading.keys,
    leftOut,
    versioning,
    lastHash,
    accept: acceptNeeded(decisions.totals),
    unrecoverableKeys: decisions.unrecoverable,
  };
}

async function requireHistory({ store, location }: PlanRequest): Promise<Versioning> {
  const versioning = await store.versioning();
  if (versioning === "enabled" || versioning === "suspended") return versioning;
  throw refusal(location, "the bucket keeps no versions, so there is nothing to go back to", {
    hint: "Restore from another copy of the repository, and turn versioning on before the next backup.",
  });
}

async function targetOf(word: TargetWord, { store, location, order }: PlanRequest): Promise<Instant> {
  const { store: storeNow } = await store.readClock();
  const snapshotHistories = (): AsyncIterable<KeyHistory> =>
    keyHistories(store.listVersions(`${location.prefix}snapshots/`));
  return await resolveTarget(word, { prefix: location.prefix, order, storeNow, snapshotHistories });
}

interface Reading {
  readonly decided: readonly KeyPlan[];
  readonly toProve: readonly BringBack[];
  readonly essentials: readonly KeyHistory[];
  readonly seal: EvidenceSeal;
  readonly leftOut: readonly RepositoryBelow[];
  readonly versions: number;
  readonly keys: number;
}

/** Whether it is left out is known when the whole listing is: a repository below lists its keys after its data. */
interface Foreign {
  readonly path: string;
  readonly decision: Decision;
}

async function readHistory(
  request: PlanRequest,
  goal: RollbackGoal,
  evidence: { readonly file: LineFile; readonly name: string; readonly versioning: Versioning },
): Promise<Reading> {
  const { store, location, clock, signal } = request;
  const about = { bucket: location.bucket, prefix: goal.prefix, versioning: evidence.versioning, takenAt: clock.now() };
  const writer = await EvidenceWriter.begin(evidence.file, evidence.name, about);
  const decided: KeyPlan[] = [];
  const foreign: Foreign[] = [];
  const toProve: BringBack[] = [];
  const essentials: KeyHistory[] = [];
  const ground = { ...goal, historyForgeable: request.historyForgeable === true };
  let versions = 0;
  let keys = 0;
  try {
    for await (const history of keyHistories(savedRows(store.listVersions(goal.prefix), writer))) {
      signal?.throwIfAborted();
      keys++;
      versions += history.rows.length;
      const decision = decideKey(history, ground);
      const path = history.key.slice(goal.prefix.length);
      if (repositoryObject(path).kind === "foreign") foreign.push({ path, decision });
      else if (decision.kind === "bringBack") toProve.push(decision);
      else decided.push(planKey(decision));
      if (essentialOf(history, goal.prefix) !== null) essentials.push(history);
      if (keys % 1000 === 0) request.onProgress?.({ stage: "list", done: versions, total: null, bytes: 0 });
    }
    request.onProgress?.({ stage: "list", done: versions, total: versions, bytes: 0 });
    const leftOut = repositoriesBelow(foreign.map(({ path }) => path));
    for (const { path, decision } of foreign) {
      if (rollbackObject(path, leftOut).kind === "leftOut") continue;
      if (decision.kind === "bringBack") toProve.push(decision);
      else decided.push(planKey(decision));
    }
    return { decided, toProve, essentials, seal: await writer.finish(), leftOut, versions, keys };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Refuses a T at which restic could not open the repository, and tells which would work. */
function requireWhole(essentials: readonly KeyHistory[], goal: RollbackGoal, location: RepositoryLocation): void {
  const missing = missingAt(essentials, goal.to, goal);
  if (missing.length === 0) return;
  const workable = workableInstants(essentials, goal);
  if (workable === null) {
    throw refusal(location, `${missing.join(", ")} are missing at T, and no instant in its history has all of them`, {
      hint: "Look at the prefix: is this the repository? Its history holds no instant to go back to.",
    });
  }
  const earliest = exactly(workable.earliest);
  const latest = workable.latest === null ? "now" : exactly(workable.latest);
  throw refusal(location, `at ${formatInstant(goal.to)} it had no ${missing.join(", no ")}`, {
    hint: `The earliest instant that works is ${earliest}; the last at which it was whole is ${latest}.`,
    details: { earliest, latest },
  });
}

/** With the fraction even where it is zero: typed back without one, it would mean the end of its second. */
function exactly(instant: Instant): string {
  return new Date(instant).toISOString();
}

async function proveAll(request: PlanRequest, items: readonly BringBack[]): Promise<readonly KeyPlan[]> {
  const { store, recordedConfigHash, signal, onProgress } = request;
  const means = { recordedConfigHash, historyForgeable: request.historyForgeable === true };
  const plans: KeyPlan[] = [];
  let bytes = 0;
  const hash = versionHasher(store, (more) => (bytes += more));
  await inParallel(items, { limit: objectsAtOnce, signal }, async (item) => {
    plans.push(planProven(item, await proveKey(item, hash, means)));
    onProgress?.({ stage: "prove", done: plans.length, total: items.length, bytes });
  });
  signal?.throwIfAborted();
  return plans;
}

function refusal(
  location: RepositoryLocation,
  problem: string,
  { hint, details }: { readonly hint: string; readonly details?: Readonly<Record<string, string>> },
): Failure {
  const report = { action: "plan a rollback of", subject: displayLocation(location), problem, hint };
  return new Failure({ kind: "refused", ...report, ...(details === undefined ? {} : { details }) });
}
