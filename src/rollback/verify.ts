import type { ObjectKey } from "../base/object-key.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { currentRow, newestFirst, stateAt } from "../history/state-at.ts";
import { shardedHistory } from "../history/shards.ts";
import type { HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { usualConnections } from "../store/usual-connections.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { evidencePages, requireEvidence } from "./guard.ts";
import { inParallel } from "./in-parallel.ts";
import { joinedKeys } from "./key-join.ts";
import type { JoinedKey } from "./key-join.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { sameness, unread, versionHasher } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { rollbackObject } from "./stage.ts";
import { isRow, rowRef } from "./step.ts";
import type { RowRef } from "./step.ts";

/** What is read and hashed: what was brought back, all that the plan promised, or nothing. */
export const verifyProofs = ["changed", "all", "none"] as const;
export type VerifyProof = (typeof verifyProofs)[number];

export interface VerifyRequest {
  readonly plan: RollbackPlan;
  readonly store: ReadableStore;
  /** Holds the evidence, which knows the keys whose whole history is gone by now. */
  readonly state: StateFolder;
  /** As for the plan: the SHA-256 of `config` in hex, or null. */
  readonly recordedConfigHash: string | null;
  /** `all` where it is left out and the history can be forged, else `changed`. */
  readonly prove?: VerifyProof;
  /** As for the plan: whether a client can forge dates or replace a version in place. False where it is left out. */
  readonly historyForgeable?: boolean;
  /** How many objects are read at once; 16 where it is left out. */
  readonly connections?: number;
  /** `done` counts the keys compared; `total` is the plan's. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyResult {
  /** Keys that show what they showed at T, those that showed nothing included. */
  readonly matching: number;
  /** The first 10,000 keys that do not, and how many there are in all. */
  readonly differing: readonly { readonly key: ObjectKey; readonly problem: string }[];
  readonly differingCount: number;
  /** Objects brought back whose bytes were read now and hash to their name (or to the recorded hash). */
  readonly proven: number;
}

/** A key whose bytes have to be looked at before it can be judged. */
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

const mostNamed = 10_000;

/**
 * Lists the bucket anew and compares each key with the state at T: the same version is current, or one whose bytes are
 * the same by hash. Everything that the plan brought back is read and hashed, and with `prove: "all"` everything that
 * stayed as well; with `none` nothing is read, and size and ETag stand in for the bytes. What the plan called
 * unrecoverable differs. Reads only; what it finds is data, not a failure. Memory does not grow with the bucket. Fails
 * with `damaged-file` where the evidence of the plan is gone or was changed.
 */
export async function verifyRollback(request: VerifyRequest): Promise<VerifyResult> {
  const { plan, store, state, signal, connections = usualConnections } = request;
  const evidence = await requireEvidence(plan, state);
  const judge = judgeOf(request);
  const tally = new Tally();
  const settle = settling(request, versionHasher(store));
  const { actions } = plan.totals;
  const total = plan.stepCount + actions.keep;
  let done = 0;
  const now = shardedHistory(store, { prefix: plan.header.prefix, connections, signal });
  for await (const batch of joinedKeys({ then: evidencePages(evidence), now, plan })) {
    signal?.throwIfAborted();
    const doubts: Doubt[] = [];
    for (const joined of batch) {
      const judgement = judge(joined);
      if (judgement.kind === "doubt") doubts.push(judgement.doubt);
      else if (judgement.kind === "differing") tally.differs(joined.key, judgement.problem);
      else if (judgement.kind === "matching") tally.matching++;
      if (judgement.kind !== "doubt" && judgement.kind !== "leftOut") done++;
    }
    request.onProgress?.({ done, total });
    await inParallel(doubts, { limit: connections, signal }, async (doubt) => {
      const verdict = await settle(doubt);
      if (verdict.kind === "differs") tally.differs(doubt.key, verdict.problem);
      else tally.matching++;
      if (verdict.kind === "proven" && doubt.wasBroughtBack) tally.proven++;
      request.onProgress?.({ done: ++done, total });
    });
  }
  signal?.throwIfAborted();
  return tally.result();
}

class Tally {
  matching = 0;
  proven = 0;
  readonly #differing: { key: ObjectKey; problem: string }[] = [];
  #count = 0;

  differs(key: ObjectKey, problem: string): void {
    this.#count++;
    if (this.#differing.length < mostNamed) this.#differing.push({ key, problem });
  }

  result(): VerifyResult {
    const differing = this.#differing.sort((a, b) => (a.key < b.key ? -1 : 1));
    return { matching: this.matching, differing, differingCount: this.#count, proven: this.proven };
  }
}

function judgeOf(request: VerifyRequest): (joined: JoinedKey) => Judgement {
  const { plan, recordedConfigHash } = request;
  const { prefix, to, order, idTime, leftOut } = plan.header;
  const hashesAll = proofOf(request) === "all";
  return ({ key, then, now, step, ambiguous, isLost }) => {
    const object = rollbackObject(key.slice(prefix.length), leftOut);
    if (object.kind === "leftOut") return { kind: "leftOut" };
    // By the evidence: what came since may be dated before T, as a multipart upload that was begun then is.
    const state = stateAt(then, to, order, idTime);
    if (now.length === 0) {
      return state.kind === "absent" ? { kind: "leftOut" } : { kind: "differing", problem: "its history is gone" };
    }
    if (isLost) return { kind: "differing", problem: "unrecoverable, as the plan says" };
    const current = currentRow(newestFirst(now, order, idTime));
    const atT = state.kind === "present" ? rowRef(state.version) : (ambiguous?.chosen ?? null);
    const goal = step === null ? atT : step.to;
    const isAbsent = step === null ? goal === null && state.kind === "absent" : step.action === "hide";
    if (isAbsent) {
      if (current?.kind !== "version") return { kind: "matching" };
      return { kind: "differing", problem: "is visible, and was not at T" };
    }
    if (current?.kind !== "version") return { kind: "differing", problem: "is hidden, and was not at T" };
    const wasBroughtBack = step !== null;
    const sha256 = "sha256" in object ? object.sha256 : object.kind === "config" ? recordedConfigHash : null;
    const mustHash = hashesAll && sha256 !== null;
    const isGoal = goal !== null && isRow(goal, current);
    if (!wasBroughtBack && isGoal && !mustHash) return { kind: "matching" };
    return { kind: "doubt", doubt: { key, current, goal: versionIn(now, goal), sha256, mustHash, wasBroughtBack } };
  };
}

function proofOf({ prove, historyForgeable }: VerifyRequest): VerifyProof {
  return prove ?? (historyForgeable === true ? "all" : "changed");
}

function versionIn(rows: readonly HistoryRow[], goal: RowRef | null): ObjectVersion | null {
  const found = goal === null ? undefined : rows.find((row) => isRow(goal, row));
  return found?.kind === "version" ? found : null;
}

type Verdict = { readonly kind: "proven" | "same" } | { readonly kind: "differs"; readonly problem: string };

const other = { kind: "differs", problem: "shows other bytes than at T" } as const;

function settling(request: VerifyRequest, hash: HashVersion): (doubt: Doubt) => Promise<Verdict> {
  if (proofOf(request) !== "none") return async (doubt) => await settle(doubt, hash);
  return async ({ current, goal }) => {
    const isSame = goal !== null && current.size === goal.size && current.etag === goal.etag;
    return await Promise.resolve(isSame ? { kind: "same" } : other);
  };
}

async function settle({ key, current, goal, sha256, mustHash }: Doubt, hash: HashVersion): Promise<Verdict> {
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
