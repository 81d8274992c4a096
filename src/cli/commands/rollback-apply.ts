import { readFile } from "node:fs/promises";
import { Failure } from "../../base/failure.ts";
import { acceptWords, type AcceptWord } from "../../rollback/accept.ts";
import { applyRollback } from "../../rollback/apply.ts";
import { counting } from "../../store/counting-store.ts";
import { restorable } from "../../store/restorable-store.ts";
import { confirm } from "../confirm.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { CommandAction } from "../invocation.ts";
import { warnOfSkew } from "../warn-of-skew.ts";
import { openProgress } from "../render/progress.ts";
import { applyLines, lostLines } from "../render/rollback-run.ts";
import { openPlan, readFileIfThere } from "../open-plan.ts";

/** `holdfast rollback apply PLAN`. */
export const rollbackApply: CommandAction = async (invocation, input) => {
  const { plan, state, repository } = await openPlan(invocation, input);
  const accepted = acceptedWords(input.list("accept"));
  const dryRun = input.has("dry-run");
  for (const line of applyLines(plan, invocation.screen.width)) invocation.screen.line(line);
  if (!dryRun) {
    await confirm(invocation, {
      question: `Write these changes to ${plan.header.location}?`,
      action: "apply the plan",
      subject: input.words["plan"] ?? "",
    });
  }
  const role = repository.role(["rescuer"]);
  const counted = counting(await repository.store(role));
  const store = restorable(counted);
  await warnOfSkew(invocation, store);
  const progress = openProgress(invocation.screen, invocation.clock);
  const applied = await applyRollback({
    plan,
    store,
    readFile: readFileIfThere,
    clock: invocation.clock,
    state,
    accepted,
    dryRun,
    role,
    signal: invocation.signal,
    onProgress: ({ stage, done, total }) => progress.show({ stage, done, total, unit: "objects" }),
  }).finally(() => progress.end());
  const verb = dryRun ? "would be changed" : "changed";
  invocation.screen.line(`${applied.done} ${verb}, ${applied.skipped} already right, ${applied.failed} failed`);
  for (const line of lostLines(applied.unrecoverable, invocation.screen.width)) invocation.screen.line(line);
  for (const { key, problem } of applied.changedKeys) invocation.screen.line(`  left alone  ${key}  ${problem}`);
  const word = input.words["plan"] ?? "";
  const words = [...accepted].map((each) => ` --accept ${each}`).join("");
  invocation.screen.line(`Next:  holdfast rollback ${dryRun ? `apply ${word}${words}` : `verify ${word}`}`);
  return {
    exitCode: applied.unrecoverable.length > 0 ? exitCodeOf("unrecoverable") : 0,
    result: { ...applied, requests: counted.counts().writes },
  };
};

function acceptedWords(words: readonly string[]): ReadonlySet<AcceptWord> {
  const accepted = new Set<AcceptWord>();
  for (const word of words.flatMap((each) => each.split(","))) {
    const known = acceptWords.find((each) => each === word);
    if (known === undefined) throw unknownWord(word);
    accepted.add(known);
  }
  return accepted;
}

function unknownWord(word: string): Failure {
  return new Failure({
    kind: "usage",
    action: "accept",
    subject: word,
    problem: "there is no such thing to accept",
    hint: `one of ${acceptWords.join(", ")}`,
  });
}
