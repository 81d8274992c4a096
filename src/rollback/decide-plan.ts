import type { Finding } from "../base/finding.ts";
import { formatInstant } from "../base/instant.ts";
import type { LineFile } from "../base/state-folder.ts";
import { displayLocation } from "../base/repository-location.ts";
import type { EvidenceSeal } from "../history/evidence.ts";
import type { HistoryPages } from "../history/key-history.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { acceptNeeded } from "./accept.ts";
import type { DecisionGround, ProveWord, RollbackGoal } from "./decide.ts";
import { HistoryDecider } from "./decide-history.ts";
import { DecidedKeys } from "./decided-keys.ts";
import { earlierSettings } from "./earlier-settings.ts";
import { GoodVersionsCounter } from "./good-versions.ts";
import type { PlanSettings, RollbackPlanResult } from "./plan-request.ts";
import type { PlanSource } from "./plan-source.ts";
import type { PlanHeader } from "./plan-lines.ts";
import type { RollbackTotals } from "./plan-totals.ts";
import { PlanWriter } from "./plan-writer.ts";
import { preflight } from "./preflight.ts";
import type { PreflightFacts } from "./preflight.ts";
import { proveAll } from "./prove-all.ts";
import type { ProofEstimate } from "./prove-all.ts";
import { requireWhole } from "./workable-target.ts";

/** What a plan is decided from. */
export interface PlanBasis {
  readonly source: PlanSource;
  readonly goal: RollbackGoal;
  readonly prove: ProveWord;
  readonly evidence: {
    readonly path: string;
    /** All rows under the prefix; those that were given out are in the evidence. */
    readonly pages: HistoryPages;
    /** Called when all were read. */
    readonly seal: () => Promise<EvidenceSeal>;
    readonly abandon: () => Promise<void>;
  };
  /** How bytes are read; null where none can be. */
  readonly proofs: {
    readonly store: ReadableStore;
    readonly connections: number;
    readonly onEstimate: ((estimate: ProofEstimate) => void) | undefined;
  } | null;
  /** A new file for the plan in the state folder, and the name by which the user calls it. */
  readonly openPlan: () => Promise<{ readonly file: LineFile; readonly name: string }>;
}

/** What is open while a plan is decided, and is closed however that ends. */
interface Desk {
  readonly ground: DecisionGround;
  readonly decided: DecidedKeys;
  readonly decider: HistoryDecider;
  readonly good: GoodVersionsCounter;
}

/** The part of planning that is the same from the bucket and from evidence; see `makeRollbackPlan` for how it fails. */
export async function decidePlan(request: PlanSettings, basis: PlanBasis): Promise<RollbackPlanResult> {
  const desk = deskOf(request, basis);
  try {
    return await decideAt(desk, request, basis);
  } finally {
    await desk.decider.close();
    await desk.decided.close();
  }
}

function deskOf(request: PlanSettings, { source, goal, prove, proofs }: PlanBasis): Desk {
  const { state, historyForgeable = false, keepMarkers = false, recordedConfigHash } = request;
  const ground = { ...goal, historyForgeable, prove, canRead: proofs !== null, recordedConfigHash };
  const decided = new DecidedKeys(state, goal.prefix);
  const { lifecycle } = source.settings;
  const good = new GoodVersionsCounter(lifecycle.kind === "set" ? lifecycle.value.rules : []);
  const style = { keepMarkers };
  return {
    ground,
    decided,
    good,
    decider: new HistoryDecider({ ground, style, state, decided, good, now: source.now }),
  };
}

async function decideAt(desk: Desk, request: PlanSettings, basis: PlanBasis): Promise<RollbackPlanResult> {
  const { decider, decided } = desk;
  const { goal, source, prove } = basis;
  const seal = await readAll(desk, request, basis);
  requireWhole(decider.essentials, goal, { location: request.location, evidence: seal.path });
  const hashedBytes = await proveOpen(desk, request, basis);
  const findings = preflight(await factsOf(desk, request, { source, goal, seal }));
  const totals = decided.totals(findings);
  const leftOut = decider.below.all();
  const { repository, location, keepMarkers = false, clock } = request;
  const createdAt = clock.now();
  const named = { repository, location: location.spelling };
  const asked = { keepMarkers, prove: basis.proofs === null ? null : prove };
  const header = { ...named, ...goal, createdAt, evidence: seal, leftOut, ...asked, undoes: null };
  const { file, name } = request.out === undefined ? await basis.openPlan() : { file: await request.out(), name: null };
  const lastHash = await written(file, header, { decided, findings, totals });
  return {
    plan: file.path,
    name,
    evidence: seal.path,
    to: formatInstant(goal.to),
    ...totals,
    versions: decider.versions,
    keys: decider.keys,
    prove,
    fromEvidence: basis.proofs === null,
    hashedBytes,
    leftOut,
    versioning: source.versioning,
    lastHash,
    accept: acceptNeeded(totals),
    unrecoverableKeys: decided.unrecoverable,
    found: [...findings, ...decided.findings],
  };
}

/** Reads the whole history, deciding on what it alone decides. What was seen of it stays in the evidence in any case. */
async function readAll({ decider }: Desk, request: PlanSettings, { evidence }: PlanBasis): Promise<EvidenceSeal> {
  const { signal, onProgress } = request;
  try {
    await decider.read(evidence.pages, () => {
      signal?.throwIfAborted();
      onProgress?.({ stage: "list", done: decider.versions, total: null, bytes: 0 });
    });
    onProgress?.({ stage: "list", done: decider.versions, total: decider.versions, bytes: 0 });
    return await evidence.seal();
  } catch (error) {
    await evidence.abandon();
    throw error;
  }
}

/** How many bytes were read to be hashed. */
async function proveOpen(desk: Desk, request: PlanSettings, { proofs }: PlanBasis): Promise<number> {
  if (proofs === null) return 0;
  const { decider, decided } = desk;
  const { keepMarkers = false, clock, signal, onProgress } = request;
  return await proveAll(decider, decided.run(), {
    ...desk,
    ...proofs,
    style: { keepMarkers },
    clock,
    signal,
    onProgress: ({ done, bytes }) => onProgress?.({ stage: "prove", done, total: decider.toProve, bytes }),
  });
}

async function factsOf(
  { decider, good }: Desk,
  { state, repository, location }: PlanSettings,
  { source, goal, seal }: { readonly source: PlanSource; readonly goal: RollbackGoal; readonly seal: EvidenceSeal },
): Promise<PreflightFacts> {
  const { versioning, settings, openUploads, clock, now } = source;
  const { prefix, to } = goal;
  const earlier = await earlierSettings(state, { repository, location, except: seal.path, before: now });
  const bucket = { place: displayLocation(location), versioning, settings, openUploads, earlier };
  return { ...bucket, prefix, to, now, clock, freshLocks: decider.freshLocks, good: good.summary() };
}

async function written(
  file: LineFile,
  header: PlanHeader,
  { decided, findings, totals }: { decided: DecidedKeys; findings: readonly Finding[]; totals: RollbackTotals },
): Promise<string> {
  const writer = await PlanWriter.begin(file, header);
  try {
    await decided.writeTo(writer, findings);
    return await writer.finish(totals);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}
