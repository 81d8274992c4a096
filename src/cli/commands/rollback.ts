import { readFile } from "node:fs/promises";
import path from "node:path";
import { openLineFile } from "../../adapters/files/line-file.ts";
import { Failure } from "../../base/failure.ts";
import { parseRepositoryLocation } from "../../base/repository-location.ts";
import type { StateFolder } from "../../base/state-folder.ts";
import { parseTarget } from "../../history/target-instant.ts";
import { recordedConfigHash } from "../../repository/repository-record.ts";
import { acceptWords, type AcceptWord } from "../../rollback/accept.ts";
import { applyRollback } from "../../rollback/apply.ts";
import { rollbackFile } from "../../rollback/file-names.ts";
import { makeRollbackPlan } from "../../rollback/make-plan.ts";
import { readPlan, type RollbackPlan } from "../../rollback/plan-file.ts";
import { verifyRollback } from "../../rollback/verify.ts";
import { counting } from "../../store/counting-store.ts";
import { readOnly } from "../../store/read-only-store.ts";
import { restorable } from "../../store/restorable-store.ts";
import { confirm } from "../confirm.ts";
import { exitCodeOf, findingsExitCode } from "../exit-code.ts";
import type { CommandAction, CommandInput, Invocation } from "../invocation.ts";
import { openNamedRepository, openState, type OpenedRepository } from "../open-repository.ts";
import { warnOfSkew } from "../warn-of-skew.ts";
import { openProgress } from "../render/progress.ts";
import { applyLines, differingLines, lostLines, planLines } from "../render/rollback.ts";

/** `holdfast rollback plan [REPOSITORY] --to T`. Exit 80 when something in the plan needs `--accept`. */
export const rollbackPlan: CommandAction = async (invocation, input) => {
  const to = input.text("to");
  if (to === undefined) throw targetMissing();
  // A T that is none is told before a store is asked anything.
  parseTarget(to, "second");
  const repository = await openNamedRepository(invocation, input, { name: input.words["repository"] });
  const store = readOnly(await repository.store(repository.role(["rescuer"])));
  await warnOfSkew(invocation, store);
  const state = await repository.state();
  const progress = openProgress(invocation.screen, invocation.clock);
  const began = invocation.clock.now();
  const out = input.text("out");
  const planned = await makeRollbackPlan({
    store,
    repository: repository.name,
    location: repository.configuration.location,
    to,
    resolution: repository.profile.dateResolution.value ?? "millisecond",
    order: repository.profile.listOrder.value ?? "split",
    state,
    clock: invocation.clock,
    recordedConfigHash: await recordedConfigHash(state, repository.name),
    historyForgeable: repository.profile.historyForgeable.value !== false,
    signal: invocation.signal,
    onProgress: ({ stage, done, total }) =>
      progress.show({ stage: stage === "list" ? "reading the history" : "hashing", done, total, unit: "objects" }),
    ...(out === undefined ? {} : { out: async () => await openLineFile(path.resolve(out)) }),
  }).finally(() => progress.end());
  const took = invocation.clock.now() - began;
  for (const line of planLines(planned, { repository, asked: to, took, width: invocation.screen.width })) {
    invocation.screen.line(line);
  }
  return {
    exitCode: planned.accept.length > 0 ? findingsExitCode : 0,
    result: { repository: repository.name, ...planned },
  };
};

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

/** `holdfast rollback verify PLAN`. Exit 80 on any difference. */
export const rollbackVerify: CommandAction = async (invocation, input) => {
  const { plan, state, repository } = await openPlan(invocation, input);
  const store = readOnly(await repository.store(repository.role(["rescuer"])));
  const progress = openProgress(invocation.screen, invocation.clock);
  const verified = await verifyRollback({
    plan,
    store,
    state,
    readFile: readFileIfThere,
    recordedConfigHash: await recordedConfigHash(state, repository.name),
    historyForgeable: repository.profile.historyForgeable.value !== false,
    signal: invocation.signal,
    onProgress: ({ done, total }) => progress.show({ stage: "verifying", done, total, unit: "objects" }),
  }).finally(() => progress.end());
  for (const line of differingLines(verified, { plan, word: input.words["plan"] ?? "", screen: invocation.screen })) {
    invocation.screen.line(line);
  }
  return {
    exitCode: verified.differing.length > 0 ? findingsExitCode : 0,
    result: { ...verified, differing: verified.differing.length, differences: verified.differing },
  };
};

interface OpenedPlan {
  readonly plan: RollbackPlan;
  readonly state: StateFolder;
  readonly repository: OpenedRepository;
}

/** A plan by its file, or by its name in the state folder. */
async function openPlan(invocation: Invocation, input: CommandInput): Promise<OpenedPlan> {
  const word = input.words["plan"] ?? "";
  const state = await openState(invocation);
  const named = word.includes("/") ? null : await state.open(rollbackFile("plan", word));
  const file = named ?? (await state.open(path.resolve(word)));
  if (file === null) throw planMissing(word, state);
  const plan = await readPlan(file);
  const repository = await openNamedRepository(invocation, input, { name: plan.header.repository });
  refuseOtherPlace(plan, repository);
  return { plan, state, repository };
}

async function readFileIfThere(file: string): Promise<string | null> {
  return await readFile(file, "utf8").catch(() => null);
}

/** A plan holds for the bucket it was made from, whatever the configuration names by now. */
function refuseOtherPlace({ header }: RollbackPlan, { name, configuration }: OpenedRepository): void {
  const { endpoint, bucket, prefix } = configuration.location;
  const planned = parseRepositoryLocation(header.location);
  const isSame = planned?.endpoint === endpoint && planned.bucket === bucket && planned.prefix === prefix;
  if (isSame) return;
  throw new Failure({
    kind: "refused",
    action: "use the plan for",
    subject: name,
    problem: `it was made for ${header.location}, and the configuration names ${configuration.location.spelling}`,
    hint: `set location back, or plan again: holdfast rollback plan ${name} --to T`,
  });
}

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

function targetMissing(): Failure {
  return new Failure({
    kind: "usage",
    action: "run",
    subject: "holdfast rollback plan",
    problem: "no instant is given",
    hint: "holdfast rollback plan --to 2026-11-20T03:00:00Z, --to snapshot:ID or --to 26h-ago",
  });
}

function planMissing(word: string, state: StateFolder): Failure {
  return new Failure({
    kind: "usage",
    action: "find the plan",
    subject: word,
    problem: `there is no such file, and none of that name in ${state.pathOf("plans")}`,
    hint: "make one: holdfast rollback plan --to T",
  });
}
