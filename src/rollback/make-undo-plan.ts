import type { Clock } from "../base/clock.ts";
import type { Finding } from "../base/finding.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { EvidenceWriter } from "../history/evidence.ts";
import type { EvidenceSeal } from "../history/evidence.ts";
import { shardedHistory } from "../history/shards.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import { DecidedKeys } from "./decided-keys.ts";
import type { Run } from "./decided-keys.ts";
import { rollbackFile } from "./file-names.ts";
import { evidencePages, requireEvidence } from "./guard.ts";
import { inParallel } from "./in-parallel.ts";
import { joinedKeys } from "./key-join.ts";
import { readPlan } from "./plan-file.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { savedPages } from "./plan-source.ts";
import { planStem } from "./plan-stem.ts";
import { PlanWriter } from "./plan-writer.ts";
import type { HashVersion } from "./prove.ts";
import type { JournalReading } from "./read-journals.ts";
import { rollbackObject } from "./stage.ts";
import type { NotedPlan } from "./plan-note.ts";
import { undoStep } from "./undo-step.ts";
import type { StepToUndo, UndoStep } from "./undo-step.ts";

export interface UndoPlanRequest {
  readonly plan: RollbackPlan;
  readonly store: ReadableStore;
  readonly bucket: string;
  readonly state: StateFolder;
  readonly clock: Clock;
  readonly hash: HashVersion;
  readonly connections: number;
  readonly signal?: AbortSignal | undefined;
}

/** The rule of the findings by which an undo plan names what it leaves alone. */
export const writtenSince = "written-since-apply";

/**
 * Makes the plan that takes another one back: a fresh listing is saved as evidence, and every key for which the journals
 * say that a request to write may have gone out gets the step that shows again what it showed before. Keys that show
 * something else by now are named as findings. Reads the bucket only; what it writes counts from when `notePlan` has noted
 * it, so a crash or a no at the question leaves nothing that is taken for an undo under way.
 */
export async function makeUndoPlan(request: UndoPlanRequest, journals: JournalReading): Promise<NotedPlan> {
  const { plan, state } = request;
  const stem = await freeUndoStem(state, planStem(plan.header, plan.lastHash));
  const decided = new DecidedKeys(state, plan.header.prefix);
  try {
    const evidence = await readSteps(request, journals, { stem, run: decided.run() });
    const name = rollbackFile("plan", stem);
    await write(request, { name, evidence, decided });
    const file = await state.open(name);
    if (file === null) throw new RangeError(`${name} was written and is not there`);
    return { plan: await readPlan(file), name };
  } finally {
    await decided.close();
  }
}

async function freeUndoStem(state: StateFolder, stem: string): Promise<string> {
  const taken = [...(await state.list("plans")), ...(await state.list("evidence"))].join("\n");
  let count = 1;
  while (taken.includes(`${stem}-undo-${count}.`)) count++;
  return `${stem}-undo-${count}`;
}

interface Into {
  readonly stem: string;
  readonly run: Run;
}

async function readSteps(request: UndoPlanRequest, journals: JournalReading, into: Into): Promise<EvidenceSeal> {
  const { plan, store, state, connections, signal } = request;
  const before = evidencePages(await requireEvidence(plan, state));
  const writer = await beginEvidence(request, into.stem);
  try {
    const listed = shardedHistory(store, { prefix: plan.header.prefix, connections, signal });
    const now = savedPages(listed, writer);
    for await (const batch of joinedKeys({ then: before, now, plan })) {
      signal?.throwIfAborted();
      const written = batch.filter((joined): joined is StepToUndo => {
        return joined.step !== null && journals.wasIntended(joined.step.n);
      });
      await undoBatch(written, request, into);
    }
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function beginEvidence(
  { plan, store, bucket, state, clock }: UndoPlanRequest,
  stem: string,
): Promise<EvidenceWriter> {
  const { prefix, order, idTime } = plan.header;
  const name = rollbackFile("evidence", stem);
  const [versioning, settings, openUploads] = await Promise.all([
    store.versioning(),
    store.settings(),
    store.openUploads(prefix),
  ]);
  const header = { bucket, prefix, versioning, takenAt: clock.now(), order, idTime, settings, openUploads };
  return await EvidenceWriter.begin(await state.createSealed(name), name, header);
}

async function undoBatch(
  batch: readonly StepToUndo[],
  { plan, hash, connections, signal }: UndoPlanRequest,
  { run }: Into,
): Promise<void> {
  const undone = new Map<StepToUndo, UndoStep>();
  await inParallel(batch, { limit: connections, signal }, async (joined) => {
    undone.set(joined, await undoStep(joined, { order: plan.header.order, idTime: plan.header.idTime, hash }));
  });
  signal?.throwIfAborted();
  for (const joined of batch) {
    const undo = undone.get(joined);
    if (undo?.kind === "step") {
      const { kind } = rollbackObject(joined.key.slice(plan.header.prefix.length), plan.header.leftOut);
      run.take(
        kind === "leftOut" ? { kind } : { kind: "step", step: undo.step, holds: kind, ambiguous: null, finding: null },
      );
    } else if (undo?.kind === "left") {
      run.take({ kind: "keep", shows: false, ambiguous: null, finding: leftAlone(joined.key, undo.problem) });
    }
  }
  await run.settle();
}

function leftAlone(key: string, problem: string): Finding {
  const remedy = "Look at it; it stays as it is. To bring it to an instant, plan a rollback to that.";
  return { rule: writtenSince, severity: "warning", subject: key, evidence: problem, remedy };
}

interface Outcome {
  readonly name: string;
  readonly evidence: EvidenceSeal;
  readonly decided: DecidedKeys;
}

async function write({ plan, state, clock }: UndoPlanRequest, { name, evidence, decided }: Outcome): Promise<void> {
  const { createdAt: to } = plan.header;
  const header = { ...plan.header, to, createdAt: clock.now(), evidence, undoes: plan.lastHash };
  const writer = await PlanWriter.begin(await state.create(name), header);
  await decided.writeTo(writer, []);
  await writer.finish(decided.totals([]));
}
