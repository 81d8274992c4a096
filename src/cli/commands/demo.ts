import { randomBytes } from "node:crypto";
import { downloadedRestic, downloadRestic } from "../../adapters/restic-download.ts";
import { hasDebianPackages } from "../../adapters/debian-packages.ts";
import { findRestic } from "../../adapters/process/find-restic.ts";
import { Failure } from "../../base/failure.ts";
import { confirm } from "../confirm.ts";
import { openDemoPlace, type DemoPlace } from "../demo/demo-place.ts";
import { cacheFolderOf, chooseStore, type StoreChoice } from "../demo/demo-store.ts";
import { DemoStory } from "../demo/demo-story.ts";
import { ownCommand } from "../demo/own-command.ts";
import { chooseSample, sampleWords } from "../demo/sample-files.ts";
import { keptLines, removalLines, summaryLines } from "../demo/summary.ts";
import { findingsExitCode } from "../exit-code.ts";
import type { CommandAction, CommandInput, CommandOutcome, Invocation } from "../invocation.ts";
import { runTasks } from "../render/task-list.ts";

/** `holdfast demo [FOLDER]`. Exit 80 when a byte differs in the end, or prune would have forgotten a real snapshot. */
export const demo: CommandAction = async (invocation, input) => {
  const { screen } = invocation;
  const cacheFolder = cacheFolderOf(invocation.variables);
  const wanted = input.text("store") ?? "auto";
  const choice = await chooseStore({ wanted, variables: invocation.variables, cacheFolder });
  const restic = await resticFor(invocation, input, cacheFolder);
  const sample = await chooseSample(input.words["folder"]);
  await askToFetch(invocation, [choice, restic]);
  const { place, cleared } = openDemoPlace();
  if (cleared > 0) screen.note("  cleared what an earlier demo left behind when it was killed");
  const bucket = `holdfast-demo-${randomBytes(4).toString("hex")}`;
  const story = new DemoStory({ invocation, folder: place.folder, choice, restic, sample, bucket });
  try {
    return await tell(story, invocation, {
      place,
      bucket,
      sample: input.words["folder"] === undefined ? null : sampleWords(sample),
      isKept: input.has("keep"),
    });
  } catch (error) {
    const isGone = await story.end().then(
      () => true,
      () => false,
    );
    if (!isGone)
      for (const line of [`The bucket ${bucket} is left behind:`, ...removalLines(bucket)]) screen.note(line);
    throw invocation.signal.aborted ? stopped(error, isGone) : error;
  } finally {
    place.clear();
  }
};

interface Telling {
  readonly place: DemoPlace;
  readonly bucket: string;
  readonly sample: string | null;
  readonly isKept: boolean;
}

async function tell(
  story: DemoStory,
  { screen, clock, variables }: Invocation,
  { place, bucket, sample, isKept }: Telling,
): Promise<CommandOutcome> {
  const began = clock.now();
  await runTasks(screen, story.tasks());
  const told = story.told();
  const took = Math.round((clock.now() - began) / 100) / 10;
  for (const line of summaryLines(told, { seconds: took, kept: isKept, sample, screen })) screen.line(line);
  if (isKept) {
    place.keep();
    const command = await ownCommand({ node: process.execPath, program: process.argv[1] ?? "", variables });
    for (const line of keptLines(told, { bucket, command })) screen.line(line);
  } else await story.end();
  const kept = isKept ? { bucket, endpoint: told.store.endpoint, folder: place.folder } : null;
  const isWhole = told.comparison.differing.length === 0 && told.forgery.forgottenByHoldfast === 0;
  return { exitCode: isWhole ? 0 : findingsExitCode, result: { ...story.result(), seconds: took, kept } };
}

/** A demo goes back to its beginning, whatever the command that was broken off would advise. */
function stopped(cause: unknown, isGone: boolean): Failure {
  return new Failure({
    kind: "interrupted",
    action: "finish",
    subject: "the demo",
    problem: isGone ? "it was stopped, and nothing of it is left running" : "it was stopped, and its bucket is left",
    hint: "holdfast demo",
    cause,
  });
}

/** A restic for the demo: its file, and what has to be fetched for it. */
export interface DemoRestic {
  readonly fetches: string | null;
  file(): Promise<string>;
}

async function resticFor(invocation: Invocation, input: CommandInput, cacheFolder: string): Promise<DemoRestic> {
  const flag = input.text("restic");
  const { HOLDFAST_RESTIC: variable, PATH: searchPath } = invocation.variables;
  try {
    const { program } = await findRestic({ flag, variable, searchPath });
    return { fetches: null, file: () => Promise.resolve(program.path) };
  } catch (error) {
    const isNamed = flag !== undefined || (variable ?? "") !== "";
    if (isNamed || !hasDebianPackages() || !(error instanceof Failure)) throw error;
  }
  const fetched = downloadedRestic(cacheFolder, null);
  return {
    fetches: fetched === null ? "restic from this distribution (about 6 MB)" : null,
    file: async () => fetched ?? (await downloadRestic({ cacheFolder, suite: null, signal: invocation.signal })),
  };
}

async function askToFetch(invocation: Invocation, parts: readonly (StoreChoice | DemoRestic)[]): Promise<void> {
  const fetches = parts.flatMap(({ fetches: what }) => (what === null ? [] : [what]));
  if (fetches.length === 0) return;
  const folder = cacheFolderOf(invocation.variables);
  const what = fetches.join(", and ");
  invocation.screen.line(`This fetches ${what} into ${folder}; nothing is installed.`);
  await confirm(invocation, { question: "Fetch it?", action: "fetch", subject: what });
}
