import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.ts";
import { asFailure, failureEvent, failureLines } from "../../../src/cli/render/failure.ts";
import { count, counted, seconds, size } from "../../../src/cli/render/figures.ts";
import { progressText } from "../../../src/cli/render/progress.ts";
import { cut, openScreen } from "../../../src/cli/render/screen.ts";
import { table, wrap } from "../../../src/cli/render/table.ts";

const collect = (isTTY: boolean, columns?: number) => {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
};

describe("figures", () => {
  it("are shown in restic's units with thousands marks", () => {
    expect([size(312), size(5_502_926_848), size(40_000_000)]).toEqual(["312 B", "5.13 GiB", "38.1 MiB"]);
    expect([count(41233), counted(1, "object"), counted(1000, "object")]).toEqual([
      "41,233",
      "1 object",
      "1,000 objects",
    ]);
    expect([seconds(1900), seconds(125_000)]).toEqual(["1.9 s", "2 min 5 s"]);
  });
});

describe("table()", () => {
  const columns = [
    { title: "snapshot" },
    { title: "size", align: "right" },
    { title: "paths", shrinks: true },
  ] as const;
  const rows = [["9e107d9d", "312", "/home/user/with/a/long/path"]];
  it("aligns under its titles", () => {
    expect(table(columns, rows, 80)).toEqual(["snapshot  size  paths", "9e107d9d   312  /home/user/with/a/long/path"]);
  });
  it("cuts what may shrink on a narrow screen", () => {
    expect(Math.max(...table(columns, rows, 30).map((line) => line.length))).toBeLessThanOrEqual(30);
  });
  it("becomes blocks where even that is too wide", () => {
    expect(table(columns, rows, 18)).toContain("snapshot: 9e107d9d");
  });
});

describe("wrap()", () => {
  it("keeps lines within the width", () => expect(wrap("one two three", 8)).toEqual(["one two", "three"]));
});

describe("failureLines()", () => {
  const failure = new Failure({
    kind: "store-denied",
    action: "read the versions of",
    subject: "backups/home",
    problem: "the store refused the key (AccessDenied)",
    hint: "holdfast rollback plan home --role rescuer",
    details: { key: "writer, AK...3F7Q" },
  });
  it("gives the message, the facts and the next step, in 40 columns too", () => {
    const lines = failureLines(failure, { width: 40, style: (_, text) => text });
    expect(lines.join(" ")).toContain("AccessDenied");
    expect(lines.at(-2)).toMatch(/^ {2}next +holdfast rollback plan home/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });
  it("becomes a JSON line with contract.md's fields", () => {
    expect(failureEvent(failure)).toMatchObject({
      type: "failure",
      kind: "store-denied",
      subject: "backups/home",
      exit: 77,
    });
  });
  it("tells a defect without a stack trace", () => {
    const lines = failureLines(asFailure(new TypeError("x is undefined")), { width: 80, style: (_, text) => text });
    expect(lines.join("\n")).not.toContain("    at ");
  });
});

describe("openScreen()", () => {
  it("keeps stdout to JSON lines with --json", () => {
    const stdout = collect(true);
    const screen = openScreen({ json: true, quiet: false, color: true, stdout, stderr: collect(true) });
    screen.line("for people");
    screen.event({ type: "result" });
    expect(stdout.written).toEqual(['{"type":"result"}\n']);
  });
  it("shows no live line and no colour in a pipe", () => {
    const stderr = collect(false);
    const screen = openScreen({ json: false, quiet: false, color: true, stdout: collect(false), stderr });
    screen.live("50 %");
    expect([stderr.written, screen.style("bad", "x")]).toEqual([[], "x"]);
  });
  it("takes the live line away before it prints and puts it back after", () => {
    const [stdout, stderr] = [collect(true, 40), collect(true, 40)];
    const screen = openScreen({ json: false, quiet: false, color: false, stdout, stderr });
    screen.live("half");
    screen.note("note");
    expect(stderr.written).toEqual(["half", "\r\u001b[K", "note\n", "half"]);
  });
  it("cuts a live line to the width", () => expect(cut("a long line", 6)).toBe("a lon…"));
});

describe("progressText()", () => {
  it("tells stage, bar, amount, rate and time left", () => {
    const text = progressText(
      { stage: "hashing", done: 50, total: 100, unit: "objects", current: "data/3f" },
      1000,
      10,
    );
    expect(text).toBe("  hashing  █████░░░░░  50 of 100  50/s  1s left  data/3f");
  });
});
