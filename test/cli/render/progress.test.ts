import { describe, expect, it } from "vitest";
import { openProgress, progressText, type ProgressState } from "../../../src/cli/render/progress.ts";
import { openScreen } from "../../../src/cli/render/screen.ts";
import { ScriptedClock } from "../../doubles/scripted-clock.ts";

const backup = {
  stage: "backing up",
  done: 334_000_000,
  total: 41_000_000_000,
  unit: "bytes",
  current: "/home/user/holidays/picture-0001.jpeg",
} as const;
const tenSeconds = { done: 0, elapsed: 10_000 };

describe("progressText()", () => {
  it("tells stage, bar, amount, rate, time left and the object at hand", () => {
    const state = { stage: "hashing", done: 50, total: 100, unit: "objects", current: "data/3f" } as const;
    expect(progressText(state, { done: 0, elapsed: 1000 }, 84)).toBe(
      "  hashing  ██████████░░░░░░░░░░   50 of 100  50/s  1s left  data/3f",
    );
  });
  it("leaves the bar out of a log and nothing else", () =>
    expect(progressText(backup, tenSeconds, null)).toBe(
      "  backing up  318.5 MiB of 38.2 GiB  31.9 MiB/s  20m 18s left  /home/user/holidays/picture-0001.jpeg",
    ));
  it.each([
    [99, "  backing up  ░░░░░░░░░░  318.5 MiB of 38.2 GiB  31.9 MiB/s  20m 18s left  …idays/picture-0001.jpeg"],
    [79, "  backing up  ░░░░  318.5 MiB of 38.2 GiB  31.9 MiB/s  20m 18s left  …0001.jpeg"],
    [69, "  backing up  ░░░░░░  318.5 MiB of 38.2 GiB  31.9 MiB/s  20m 18s left"],
    [59, "  backing up  ░░░░░░░░  318.5 MiB of 38.2 GiB  20m 18s left"],
    [49, "  backing up  318.5 MiB of 38.2 GiB  20m 18s left"],
    [39, "  318.5 MiB of 38.2 GiB  20m 18s left"],
  ])("keeps amount and time left in %i columns", (width, expected) =>
    expect(progressText(backup, tenSeconds, width)).toBe(expected),
  );
  it("is never wider than a screen of 40 columns or more", () => {
    for (let width = 39; width < 200; width++) {
      expect(progressText(backup, tenSeconds, width).length).toBeLessThanOrEqual(width);
    }
  });
  it("aligns what is done under what there is", () => {
    const state = { stage: "data", total: 10_100, unit: "objects" } as const;
    const lines = [9, 6918].map((done) => progressText({ ...state, done }, { done: 0, elapsed: 0 }, 60));
    expect(lines.map((line) => line.replace(/[█░]+/, ""))).toEqual([
      "  data         9 of 10,100",
      "  data     6,918 of 10,100",
    ]);
  });
  it("does not say that a slow run stands still", () =>
    expect(progressText({ stage: "data", done: 3, total: 10, unit: "objects" }, tenSeconds, null)).toBe(
      "  data  3 of 10  0.3/s  23s left",
    ));
  it("shows no control character of a file's name", () =>
    expect(progressText({ ...backup, current: "a\u001b[2Jb\n" }, tenSeconds, null)).toMatch(/ {2}a\?\[2Jb\?$/));
});

describe("openProgress()", () => {
  const onTerminal = (columns: number) => {
    const written: string[] = [];
    const stream = { isTTY: true, columns, write: (text: string) => written.push(text) };
    const screen = openScreen({ json: false, quiet: false, color: false, stdout: stream, stderr: stream });
    return { screen, written };
  };

  it("counts a stage's rate from where the stage began", () => {
    const { screen, written } = onTerminal(80);
    const clock = new ScriptedClock();
    const progress = openProgress(screen, clock);
    const show = (stage: string, done: number): void => {
      const state: ProgressState = { stage, done, total: 10_100, unit: "objects" };
      progress.show(state);
      clock.pass(1000);
    };
    show("data", 0);
    show("data", 9000);
    show("index", 9000);
    show("index", 9100);
    expect(written.at(-1)).toContain("9,100 of 10,100  100/s  10s left");
  });

  it("leaves a line for each stage that did something, where it is asked to", () => {
    const { screen, written } = onTerminal(80);
    const clock = new ScriptedClock();
    const progress = openProgress(screen, clock, { leavesStages: true });
    const show = (stage: string, done: number): void => {
      progress.show({ stage, done, total: 10_100, unit: "objects" });
      clock.pass(1000);
    };
    show("data", 0);
    show("data", 10_100);
    show("index", 0);
    show("keys", 3);
    progress.end();
    const lines = written.filter((text) => text.endsWith("\n"));
    expect(lines).toEqual(["  data  10,100 objects  2s\n", "  keys  3 objects  1s\n"]);
  });
});
