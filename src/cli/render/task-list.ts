import { Listr } from "listr2";
import { seconds } from "./figures.ts";
import type { Screen } from "./screen.ts";

/** One step of a long story. */
export interface Task {
  readonly title: string;
  /** What it came to, in a few words, shown beside the title. */
  readonly run: () => Promise<string>;
}

/**
 * Runs the tasks one after the other: a live list on a terminal, a line each in a log, `step` lines with --json,
 * nothing with --quiet.
 */
export async function runTasks(screen: Screen, tasks: readonly Task[]): Promise<void> {
  if (screen.mode === "terminal" && !screen.isQuiet) {
    await new Listr(
      tasks.map((task) => ({
        title: task.title,
        task: async (_: unknown, shown: { title?: string | undefined }) => {
          shown.title = `${task.title.padEnd(titleWidth)}  ${await task.run()}`;
        },
      })),
      { registerSignalListeners: false, rendererOptions: { collapseErrors: true, showErrorMessage: false } },
    ).run();
    return;
  }
  for (const task of tasks) {
    const began = performance.now();
    const said = await task.run();
    const took = performance.now() - began;
    screen.event({ type: "step", title: task.title, said, seconds: Math.round(took) / 1000 });
    if (screen.mode === "plain") screen.note(`  ${task.title.padEnd(titleWidth)}  ${said}  (${seconds(took)})`);
  }
}

const titleWidth = 30;
