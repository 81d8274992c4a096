import path from "node:path";
import { openLineFile } from "../../adapters/files/line-file.ts";
import { Failure } from "../../base/failure.ts";
import type { StateFolder, TextFile } from "../../base/state-folder.ts";
import { parseTarget } from "../../history/target-instant.ts";
import { recordedConfigHash } from "../../repository/repository-record.ts";
import { proveWords, type ProveWord } from "../../rollback/decide.ts";
import { makeRollbackPlan, planFromEvidence } from "../../rollback/make-plan.ts";
import type { PlanSettings, RollbackPlanResult } from "../../rollback/plan-request.ts";
import { readOnly } from "../../store/read-only-store.ts";
import { connectionsFlag } from "../connections-flag.ts";
import { findingsExitCode } from "../exit-code.ts";
import type { CommandAction, CommandInput, Invocation } from "../invocation.ts";
import { openNamedRepository, type OpenedRepository } from "../open-repository.ts";
import { warnOfSkew } from "../warn-of-skew.ts";
import { keepHeapSmall } from "../small-heap.ts";
import { seconds, size } from "../render/figures.ts";
import { openProgress } from "../render/progress.ts";
import { planLines } from "../render/rollback-plan.ts";
import { historyReading } from "../history-reading.ts";

/** `holdfast rollback plan [REPOSITORY] --to T`. Exit 80 when something in the plan needs `--accept`. */
export const rollbackPlan: CommandAction = async (invocation, input) => {
  const to = input.text("to");
  if (to === undefined) throw wrongUsage("no instant is given", targetHint);
  // A T that is none is told before a store is asked anything.
  parseTarget(to, "second");
  const prove = proveFlag(input);
  const repository = await openNamedRepository(invocation, input, { name: input.words["repository"] });
  const state = await repository.state();
  const watch = watchOf(invocation);
  keepHeapSmall();
  const settings = {
    ...(await settingsOf(invocation, input, { repository, state, to })),
    onProgress: watch.onProgress,
  };
  const evidence = input.text("evidence");
  const planned = await (
    evidence === undefined
      ? planFromStore(invocation, input, { repository, settings, prove })
      : planFromEvidence({ ...settings, evidence: await openEvidence(state, evidence) })
  ).finally(() => watch.end());
  const shown = { repository, asked: to, took: watch.took(), width: invocation.screen.width };
  for (const finding of planned.found) invocation.screen.event({ type: "finding", ...finding });
  for (const line of planLines(planned, shown)) invocation.screen.line(line);
  return {
    exitCode: planned.accept.length > 0 ? findingsExitCode : 0,
    result: { repository: repository.name, ...planned },
  };
};

interface StorePlan {
  readonly repository: OpenedRepository;
  readonly settings: PlanSettings;
  readonly prove: ProveWord | undefined;
}

async function planFromStore(
  invocation: Invocation,
  input: CommandInput,
  { repository, settings, prove }: StorePlan,
): Promise<RollbackPlanResult> {
  const connections = connectionsFlag(input);
  const store = readOnly(await repository.store(repository.role(["rescuer"]), { connections }));
  const planned = await makeRollbackPlan({
    ...settings,
    store,
    ...(prove === undefined ? {} : { prove }),
    ...(connections === undefined ? {} : { connections }),
    onEstimate: ({ bytes, seconds: left }) =>
      invocation.screen.note(
        `  ${size(bytes)} are still to be read and hashed, about ${seconds(left * 1000)}; --prove none leaves data/ out`,
      ),
  });
  await warnOfSkew(invocation, store);
  return planned;
}

interface PlanPlace {
  readonly repository: OpenedRepository;
  readonly state: StateFolder;
  readonly to: string;
}

async function settingsOf(
  invocation: Invocation,
  input: CommandInput,
  { repository, state, to }: PlanPlace,
): Promise<PlanSettings> {
  const { profile } = repository;
  const out = input.text("out");
  return {
    repository: repository.name,
    location: repository.configuration.location,
    to,
    ...historyReading(profile),
    state,
    clock: invocation.clock,
    recordedConfigHash: await recordedConfigHash(state, repository.name),
    historyForgeable: profile.historyForgeable.value !== false,
    keepMarkers: input.has("keep-markers"),
    signal: invocation.signal,
    ...(out === undefined ? {} : { out: async () => await openLineFile(path.resolve(out)) }),
  };
}

interface Watch {
  readonly onProgress: Required<PlanSettings>["onProgress"];
  /** How long the history took to read, in milliseconds. */
  took(): number;
  end(): void;
}

function watchOf({ screen, clock }: Invocation): Watch {
  const progress = openProgress(screen, clock, { leavesStages: true });
  const began = clock.now();
  let read: number | null = null;
  return {
    onProgress: ({ stage, done, total }) => {
      if (stage === "list" && total !== null) read = clock.now() - began;
      progress.show({ stage: stage === "list" ? "reading the history" : "hashing", done, total, unit: "objects" });
    },
    took: () => read ?? clock.now() - began,
    end: () => progress.end(),
  };
}

function proveFlag(input: CommandInput): ProveWord | undefined {
  const text = input.text("prove");
  const word = proveWords.find((each) => each === text);
  if (text !== undefined && word === undefined)
    throw wrongUsage(`--prove ${text} is not known`, `one of ${proveWords.join(", ")}`);
  if (input.text("evidence") !== undefined && word !== undefined && word !== "none")
    throw wrongUsage(`--prove ${word} reads objects, and evidence holds none`, "leave it out, or plan from the bucket");
  return word;
}

async function openEvidence(state: StateFolder, word: string): Promise<TextFile> {
  const file = await state.open(path.resolve(word));
  if (file !== null) return file;
  throw new Failure({
    kind: "usage",
    action: "plan from the evidence",
    subject: word,
    problem: "there is no such file",
    hint: `the evidence of earlier plans stands in ${state.pathOf("evidence")}`,
  });
}

const targetHint = "holdfast rollback plan --to 2026-11-20T03:00:00Z, --to snapshot:ID or --to 26h-ago";

function wrongUsage(problem: string, hint: string): Failure {
  return new Failure({ kind: "usage", action: "run", subject: "holdfast rollback plan", problem, hint });
}
