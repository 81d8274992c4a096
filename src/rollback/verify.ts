import type { ObjectKey } from "../base/object-key.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { parseEvidence } from "../history/evidence.ts";
import { keyHistories } from "../history/key-history.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { currentRow, stateAt } from "../history/state-at.ts";
import type { ObjectVersion } from "../store/object-version.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { requireEvidence } from "./guard.ts";
import { inParallel, objectsAtOnce } from "./in-parallel.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { sameness, unread, versionHasher } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { rollbackObject } from "./stage.ts";
import type { RollbackStep } from "./step.ts";

export interface VerifyRequest {
  readonly plan: RollbackPlan;
  readonly store: ReadableStore;
  /** Holds the evidence, which knows the keys whose whole history is gone by now. */
  readonly state: StateFolder;
  /** Reads a file by its path, null where there is none: for evidence that is not in this state folder. */
  readonly readFile?: (path: string) => Promise<string | null>;
  /** As for the plan: the SHA-256 of `config` in hex, or null. */
  readonly recordedConfigHash: string | null;
  /** As for the plan: every object that stayed is read and hashed too. False where it is left out. */
  readonly historyForgeable?: boolean;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyResult {
  /** Keys that show what they showed at T, those that showed nothing included. */
  readonly matching: number;
  readonly differing: readonly { readonly key: ObjectKey; readonly problem: string }[];
  /** Objects brought back whose bytes were read now and hash to their name (or to the recorded hash). */
  readonly proven: number;
}

/** A key whose bytes have to be read before it can be judged. */
interface Doubt {
  readonly key: ObjectKey;
  readonly current: ObjectVersion;
  /** The version of T; null where only the name can tell. */
  readonly goal: ObjectVersion | null;
  readonly sha256: string | null;
  /** Whether nothing but `sha256` may speak for it. */
  readonly mustHash: boolean;
  readonly wasBroughtBack: boolean;
}

type Judgement =
  | { readonly kind: "leftOut" | "matching" }
  | { readonly kind: "differing"; readonly problem: string }
  | { readonly kind: "doubt"; readonly doubt: Doubt };

/**
 * Lists the bucket anew and compares each key with the state at T: the same version is current, or one whose bytes are
 * the same by hash. Everything that the plan brought back is read and hashed, and where the history can be forged
 * everything that stayed as well. What the plan called unrecoverable
 * differs. Reads only; what it finds is data, not a failure. Fails with `damaged-file` where the evidence of the plan is
 * gone or was changed.
 */
export async function verifyRollback(request: VerifyRequest): Promise<VerifyResult> {
  const { plan, store, signal } = request;
  const judge = await judgeOf(request);
  const missing = await keysAtT(request);
  const differing: { key: ObjectKey; problem: string }[] = [];
  const doubts: Doubt[] = [];
  let matching = 0;
  for await (const history of keyHistories(store.listVersions(plan.header.prefix))) {
    signal?.throwIfAborted();
    missing.delete(history.key);
    const judgement = judge(history);
    if (judgement.kind === "matching") matching++;
    else if (judgement.kind === "doubt") doubts.push(judgement.doubt);
    else if (judgement.kind === "differing") differing.push({ key: history.key, problem: judgement.problem });
  }
  for (const key of missing) differing.push({ key, problem: "its history is gone" });
  const hash = versionHasher(store);
  let proven = 0;
  let done = 0;
  await inParallel(doubts, { limit: objectsAtOnce, signal }, async (doubt) => {
    const verdict = await settle(doubt, hash);
    if (verdict.kind === "differs") differing.push({ key: doubt.key, problem: verdict.problem });
    else matching++;
    if (verdict.kind === "proven" && doubt.wasBroughtBack) proven++;
    request.onProgress?.({ done: ++done, total: doubts.length });
  });
  signal?.throwIfAborted();
  return { matching, differing: differing.sort((a, b) => (a.key < b.key ? -1 : 1)), proven };
}

/** What stood at T by the evidence, so that a key of which not one version is left is missed. */
async function keysAtT({ plan, state, readFile }: VerifyRequest): Promise<Set<ObjectKey>> {
  const { prefix, to, order, leftOut } = plan.header;
  const evidence = await requireEvidence(plan, { state, readFile });
  const { rows } = parseEvidence(evidence.text, evidence.path);
  const keys = new Set<ObjectKey>();
  for (const [key, ofKey] of Map.groupBy(rows, (row) => row.key)) {
    const isOurs = rollbackObject(key.slice(prefix.length), leftOut).kind !== "leftOut";
    if (isOurs && stateAt(ofKey, to, order).kind !== "absent") keys.add(key);
  }
  return keys;
}

async function judgeOf({
  plan,
  recordedConfigHash,
  historyForgeable,
}: VerifyRequest): Promise<(history: KeyHistory) => Judgement> {
  const { prefix, to, order, leftOut } = plan.header;
  const steps = new Map<ObjectKey, RollbackStep>();
  for await (const step of plan.stepsByKey()) steps.set(step.key, step);
  const chosen = new Map(plan.ambiguous.map((row) => [row.key, row.chosen.versionId]));
  const lost = new Set(plan.unrecoverable.map((row) => row.key));
  return ({ key, rows }) => {
    const object = rollbackObject(key.slice(prefix.length), leftOut);
    if (object.kind === "leftOut") return { kind: "leftOut" };
    if (lost.has(key)) return { kind: "differing", problem: "unrecoverable, as the plan says" };
    const current = currentRow(rows);
    const step = steps.get(key);
    const state = stateAt(rows, to, order);
    const atT = state.kind === "present" ? state.version.versionId : (chosen.get(key) ?? null);
    const goalId = step === undefined ? atT : (step.to?.versionId ?? null);
    const isAbsent = step === undefined ? goalId === null && state.kind === "absent" : step.action === "hide";
    if (isAbsent) {
      if (current?.kind !== "version") return { kind: "matching" };
      return { kind: "differing", problem: "is visible, and was not at T" };
    }
    if (current?.kind !== "version") return { kind: "differing", problem: "is hidden, and was not at T" };
    const wasBroughtBack = step !== undefined;
    const sha256 = "sha256" in object ? object.sha256 : object.kind === "config" ? recordedConfigHash : null;
    const mustHash = historyForgeable === true && sha256 !== null;
    if (!wasBroughtBack && current.versionId === goalId && !mustHash) return { kind: "matching" };
    const goal = rows.find((row) => row.kind === "version" && row.versionId === goalId);
    const goalVersion = goal?.kind === "version" ? goal : null;
    return { kind: "doubt", doubt: { key, current, goal: goalVersion, sha256, mustHash, wasBroughtBack } };
  };
}

type Verdict = { readonly kind: "proven" | "same" } | { readonly kind: "differs"; readonly problem: string };

async function settle({ key, current, goal, sha256, mustHash }: Doubt, hash: HashVersion): Promise<Verdict> {
  const other = { kind: "differs", problem: "shows other bytes than at T" } as const;
  const hashed = sha256 === null ? null : await hash(current);
  if (hashed?.kind === "hashed" && hashed.sha256 === sha256) return { kind: "proven" };
  if (hashed !== null && hashed.kind !== "hashed")
    return { kind: "differs", problem: `what it shows ${unread(hashed)}` };
  // A config that was migrated after its hash was recorded is right though it does not hash as recorded.
  if (sha256 !== null && (mustHash || !key.endsWith("config"))) return other;
  if (goal === null) return other;
  if (current === goal) return { kind: "same" };
  const compared = await sameness(current, goal, hash);
  if (compared.kind === "unreadable") return { kind: "differs", problem: `cannot be compared: ${compared.problem}` };
  return compared.kind === "same" ? { kind: "same" } : other;
}
