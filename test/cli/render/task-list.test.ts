import { expect, it, vi } from "vitest";
import { openScreen } from "../../../src/cli/render/screen.ts";
import { runTasks } from "../../../src/cli/render/task-list.ts";

const stream = (isTTY: boolean) => {
  const written: string[] = [];
  return { isTTY, columns: 80, written, write: (text: string) => written.push(text) };
};

it.each([
  ["a terminal", true],
  ["a log", false],
])("runTasks() says nothing on %s with --quiet, and does every task", async (_, isTTY) => {
  const [stdout, stderr] = [stream(isTTY), stream(isTTY)];
  const screen = openScreen({ json: false, quiet: true, color: true, stdout, stderr });
  const done: string[] = [];
  const spoken = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    await runTasks(
      screen,
      ["one", "two"].map((title) => ({
        title,
        run: () => {
          done.push(title);
          return Promise.resolve("said");
        },
      })),
    );
    expect(spoken).not.toHaveBeenCalled();
  } finally {
    spoken.mockRestore();
  }
  expect(done).toEqual(["one", "two"]);
  expect([stdout.written, stderr.written]).toEqual([[], []]);
});
