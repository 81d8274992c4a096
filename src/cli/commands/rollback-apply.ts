import { Failure } from "../../base/failure.ts";
import type { AcceptWord } from "../../rollback/accept.ts";
import { applyRollback, goOnAs, mayLiftMarkers, type ApplyResult } from "../../rollback/apply.ts";
import { rollbackFile } from "../../rollback/file-names.ts";
import type { RollbackPlan } from "../../rollback/plan-file.ts";
import { successorsOf, wordOf } from "../../rollback/plan-note.ts";
import { restorable } from "../../store/restorable-store.ts";
import { acceptedWords } from "../accept-flag.ts";
import { carryOut, type ReportedResult } from "../carry-out.ts";
import { checkAfterwards } from "../check-afterwards.ts";
import { confirm } from "../confirm.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { CommandAction, CommandInput, Invocation } from "../invocation.ts";
import { openPlan, type OpenedPlan } from "../open-plan.ts";
import { planAnew } from "../plan-anew.ts";
import { anewLines, wentOnLines, appliedLines, applyLines, copiedInsteadLines } from "../render/rollback-run.ts";
import { keepHeapSmall } from "../small-heap.ts";
import { openStoreRun, runProgress, type StoreRun } from "../store-run.ts";
import { warnOfSkew } from "../warn-of-skew.ts";

/** How often what changed is planned anew before it is left alone: an intruder who goes on writing must not block it. */
const mostPlans = 3;

/** `holdfast rollback apply PLAN`. */
export const rollbackApply: CommandAction = async (invocation, input) => {
  keepHeapSmall();
  const { opened, word } = await openLatest(invocation, input);
  const accepted = acceptedWords(input);
  const dryRun = input.has("dry-run");
  const { screen } = invocation;
  for (const line of applyLines(opened.plan, screen.width)) screen.line(line);
  const run = await openStoreRun(opened.repository, input);
  const mayLift = await mayLiftMarkers({ plan: opened.plan, store: restorable(run.store) });
  if (!mayLift) for (const line of await copiedInsteadLines(opened.plan, run.role, screen.width)) screen.line(line);
  if (!dryRun) await askFor(invocation, opened.plan, word);
  await warnOfSkew(invocation, run.store);
  const done = await applied({ invocation, opened, run, accepted, dryRun, mayLift, word });
  const check = input.has("check") && !dryRun ? await checkAfterwards(invocation, opened.repository) : null;
  const shown = { ...done, dryRun, accepted, check, repository: opened.repository.name, width: screen.width };
  for (const line of appliedLines(shown)) screen.line(line);
  const isShort = done.applied.unrecoverable.length > 0;
  return {
    exitCode: check !== null && check.errors > 0 ? 1 : isShort ? exitCodeOf("unrecoverable") : 0,
    result: {
      ...done.applied,
      plan: done.word,
      dryRun,
      report: done.report,
      ...run.cost,
      ...(check === null ? {} : { check }),
    },
  };
};

/** The plan that is meant: where the named one went on as another, since the bucket had changed, that one. */
async function openLatest(
  invocation: Invocation,
  input: CommandInput,
): Promise<{ readonly opened: OpenedPlan; readonly word: string }> {
  const opened = await openPlan(invocation, input);
  const word = input.words["plan"] ?? "";
  const latest = (await successorsOf(opened.state, opened.plan)).at(-1);
  if (latest === undefined) return { opened, word };
  const name = wordOf(latest.name);
  for (const line of wentOnLines(word, name, invocation.screen.width)) invocation.screen.line(line);
  return { opened: { ...opened, plan: latest.plan }, word: name };
}

async function askFor(invocation: Invocation, plan: RollbackPlan, word: string): Promise<void> {
  const question = `Write these changes to ${plan.header.location}?`;
  await confirm(invocation, { question, action: "apply the plan", subject: word });
}

interface Applying {
  readonly invocation: Invocation;
  readonly opened: OpenedPlan;
  readonly run: StoreRun;
  readonly accepted: ReadonlySet<AcceptWord>;
  readonly dryRun: boolean;
  readonly mayLift: boolean;
  /** What the user calls the plan. */
  readonly word: string;
}

interface Applied {
  readonly applied: ApplyResult;
  readonly report: string | null;
  /** The plan that was carried out in the end. */
  readonly word: string;
}

/** With --accept changed a bucket that changed is planned for anew, to the same instant, and what is planned is applied. */
async function applied(applying: Applying): Promise<Applied> {
  const { invocation, opened, accepted, dryRun, run } = applying;
  const { width } = invocation.screen;
  let { word, mayLift } = applying;
  let { plan } = opened;
  for (let plans = 1; ; plans++) {
    const isLast = dryRun || plans >= mostPlans;
    const words = isLast ? accepted : new Set([...accepted].filter((each) => each !== "changed"));
    try {
      return { ...(await applyOnce({ ...applying, mayLift }, { plan, words, word })), word };
    } catch (error) {
      const isChanged = error instanceof Failure && error.kind === "bucket-changed";
      if (!isChanged || isLast || !accepted.has("changed")) throw error;
      const before = plan;
      ({ plan, name: word } = await planAnew(invocation, opened, run));
      await goOnAs(opened.state, before, { plan, name: rollbackFile("plan", word) });
      for (const line of anewLines(plan, word, width)) invocation.screen.line(line);
      // Of a plan that lifted nothing it was not asked.
      mayLift = await mayLiftMarkers({ plan, store: restorable(run.store) });
      if (!mayLift) for (const line of await copiedInsteadLines(plan, run.role, width)) invocation.screen.line(line);
      await askFor(invocation, plan, word);
    }
  }
}

interface Once {
  readonly plan: RollbackPlan;
  readonly words: ReadonlySet<AcceptWord>;
  readonly word: string;
}

async function applyOnce(
  { invocation, opened: { state }, run, dryRun, mayLift }: Applying,
  { plan, words, word }: Once,
): Promise<{ readonly applied: ApplyResult; readonly report: string | null }> {
  const { clock, signal } = invocation;
  const { role, accessKey, connections } = run;
  const limit = connections === undefined ? {} : { connections };
  const request = {
    plan,
    store: restorable(run.store),
    clock,
    state,
    accepted: words,
    role,
    accessKey,
    signal,
    mayLift,
    ...limit,
  };
  if (dryRun) {
    const progress = runProgress(invocation, run);
    return { applied: await applyRollback({ ...request, dryRun }).finally(() => progress.end()), report: null };
  }
  const flags = [...words].map((each) => ` --accept ${each}`).join("");
  const again = `holdfast rollback apply ${word}${flags}`;
  const planned = { plan, state, run, again, next: `holdfast rollback verify ${word}` };
  const reported: ReportedResult<ApplyResult> = await carryOut(invocation, planned, async (onProgress) => {
    return await applyRollback({ ...request, onProgress });
  });
  return reported;
}
