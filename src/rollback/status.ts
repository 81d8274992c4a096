import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { checkEvidence } from "../history/read-evidence.ts";
import { requireEvidence } from "./guard.ts";
import { readPlan } from "./plan-file.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { readJournals } from "./read-journals.ts";
import type { JournalReading } from "./read-journals.ts";
import { notedPlan, wordOf } from "./plan-note.ts";
import { acceptNeeded } from "./accept.ts";
import type { AcceptWord } from "./accept.ts";
import { readVerified } from "./verified-record.ts";
import type { VerifiedRecord } from "./verified-record.ts";

/**
 * Where a plan stands. `applying`: begun and not ended, which an undo that was begun is too. A plan that went on as another
 * stands where that one does, until that one is undone.
 */
export type PlanState = "planned" | "applying" | "applied" | "verified" | "undone";

/** A file that cannot be relied on. */
export interface DamagedPart {
  readonly path: string;
  readonly problem: string;
}

export interface PlanStatus {
  readonly state: PlanState;
  readonly repository: string;
  readonly to: Instant;
  readonly createdAt: Instant;
  /** Steps that are done, and that are left; of the undo where one was begun. */
  readonly done: number;
  readonly left: number;
  readonly isUndoing: boolean;
  readonly runs: number;
  readonly endedAt: Instant | null;
  readonly verified: VerifiedRecord | null;
  readonly damaged: readonly DamagedPart[];
  /** The name of the plan that this one went on as, since the bucket had changed; null where there is none. */
  readonly successor: string | null;
  /** The words that applying it takes. */
  readonly accept: readonly AcceptWord[];
}

/**
 * Tells where a plan stands by the files of the state folder alone, and whether its evidence and journals are whole; what
 * is not is data. Never asks the store.
 */
export async function planStatus(plan: RollbackPlan, state: StateFolder): Promise<PlanStatus> {
  const damaged: DamagedPart[] = [];
  const sound = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "damaged-file") throw error;
      damaged.push({ path: error.subject, problem: error.problem });
      return null;
    }
  };
  await sound(async () => {
    await checkOwnEvidence(plan, state, damaged);
  });
  const journals = await sound(async () => await readJournals(state, plan));
  const undo = (await sound(async () => await notedPlan(state, plan, "undo")))?.plan ?? null;
  const successor = await sound(async () => await notedPlan(state, plan, "successor"));
  const undoing = undo === null ? null : await sound(async () => await readJournals(state, undo));
  const verified = await sound(async () => await readVerified(state, plan));
  const { repository, to, createdAt } = plan.header;
  const [steps, reading] = undo === null ? [plan.stepCount, journals] : [undo.stepCount, undoing];
  const done = reading?.settled ?? 0;
  const after = successor === null || undo !== null ? null : await planStatus(successor.plan, state);
  const goesOn =
    after !== null && after.state !== "undone" ? { state: after.state, done: after.done, left: after.left } : {};
  return {
    state: undo === null ? stateOf(journals, verified) : undoing?.isEnded === true ? "undone" : "applying",
    repository,
    to,
    createdAt,
    done,
    left: steps - done,
    isUndoing: undo !== null && undoing?.isEnded !== true,
    runs: journals?.runs ?? 0,
    endedAt: journals?.endedAt ?? null,
    verified,
    damaged,
    successor: successor === null ? null : wordOf(successor.name),
    accept: acceptNeeded(plan.totals),
    ...goesOn,
  };
}

async function checkOwnEvidence(plan: RollbackPlan, state: StateFolder, damaged: DamagedPart[]): Promise<void> {
  const file = await requireEvidence(plan, state);
  const verdict = await checkEvidence(file, plan.header.evidence);
  if (verdict.kind === "damaged") damaged.push({ path: file.path, problem: verdict.problem });
}

function stateOf(journals: JournalReading | null, verified: VerifiedRecord | null): PlanState {
  if (journals === null || journals.runs === 0) return "planned";
  if (!journals.isEnded) return "applying";
  const isVerified = verified?.differing === 0 && verified.verifiedAt >= (journals.endedAt ?? 0);
  return isVerified ? "verified" : "applied";
}

/** A plan of the state folder by its name; one that cannot be read is told, not thrown. */
export type ListedPlan = { readonly name: string } & (
  { readonly kind: "read"; readonly status: PlanStatus } | { readonly kind: "damaged"; readonly part: DamagedPart }
);

const planFile = /^(.+)\.plan\.jsonl$/;
/** Plans that take another one back are told with that one. */
const undoFile = /-[0-9a-f]{8}-undo-\d+\.plan\.jsonl$/;

/** Every plan in the state folder, the newest first; damaged ones last. */
export async function listPlans(state: StateFolder): Promise<readonly ListedPlan[]> {
  const listed: ListedPlan[] = [];
  for (const file of await state.list("plans")) {
    const name = planFile.exec(file)?.[1];
    if (name !== undefined && !undoFile.test(file)) listed.push(await listedPlan(name, state));
  }
  return listed.sort((a, b) => createdAt(b) - createdAt(a));
}

async function listedPlan(name: string, state: StateFolder): Promise<ListedPlan> {
  const file = await state.open(`plans/${name}.plan.jsonl`);
  if (file === null) return { name, kind: "damaged", part: { path: name, problem: "it is not there any more" } };
  try {
    return { name, kind: "read", status: await planStatus(await readPlan(file), state) };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "damaged-file") throw error;
    return { name, kind: "damaged", part: { path: error.subject, problem: error.problem } };
  }
}

function createdAt(plan: ListedPlan): number {
  return plan.kind === "read" ? plan.status.createdAt : 0;
}
