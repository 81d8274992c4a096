import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.ts";
import { asFailure, failureEvent, failureLines } from "../../../src/cli/render/failure.ts";
import { count, counted, seconds, size } from "../../../src/cli/render/figures.ts";
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
  it("carry over where they round up to the next unit", () => {
    expect([seconds(59_940), seconds(59_960), seconds(119_600)]).toEqual(["59.9 s", "1 min 0 s", "2 min 0 s"]);
    expect([size(1023), size(1024 * 1024 - 1), size(9.996 * 1024)]).toEqual(["1023 B", "1.00 MiB", "10.0 KiB"]);
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
  it("cuts the names of 64 digits to 8, and leaves the next command as it is to be typed", () => {
    const name = "3f9c2a71".repeat(8);
    const told = new Failure({
      kind: "bucket-changed",
      action: "apply the plan for",
      subject: "home",
      problem: "2 objects were written since",
      hint: `holdfast exec -- cat blob ${name}`,
      details: { changed: `data/3f/${name} (written), data/3f/${name}f` },
    });
    const lines = failureLines(told, { width: 80, style: (_, text) => text }).join("\n");
    expect(lines.replaceAll(/\s+/g, " ")).toContain(`data/3f/3f9c2a71… (written), data/3f/${name}f`);
    expect(lines.replaceAll(/\s+/g, " ")).toContain(`cat blob ${name}`);
    expect(JSON.stringify(failureEvent(told))).toContain(`data/3f/${name} (written)`);
  });
  it("breaks further lines at words too, but no row of a file", () => {
    const rows = [
      "  9 |     exclude: [a, b, c, d, e, f, g, h, i]",
      "              ^^^^^^^  known are paths, exclude, tag, host",
    ];
    const told = new Failure({
      kind: "config",
      action: "use",
      subject: "c.yaml",
      problem: `one fault\nc.yaml:9:5  repositories.home.tag: must be text\n${rows.join("\n")}`,
      hint: "mend it",
    });
    expect(failureLines(told, { width: 40, style: (_, text) => text }).slice(1, -1)).toEqual([
      "c.yaml:9:5  repositories.home.tag: must",
      "  be text",
      rows[0],
      "              ^^^^^^^",
      "    known are paths, exclude, tag, host",
    ]);
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
