import { describe, expect, it } from "vitest";
import { commandGroups, commandSpecs } from "../../src/cli/command-specs.ts";
import { parseCommandLine } from "../../src/cli/program.ts";
import { failureOf } from "../config/sample.ts";

const parse = (line: string) =>
  parseCommandLine(
    line.split(" ").filter((word) => word !== ""),
    "1.2.3",
    80,
  );

/** The help, with exit 0, or nothing. */
function helpOf(line: string): string {
  const parsed = parse(line);
  return "text" in parsed && parsed.exitCode === 0 ? parsed.text : "";
}

describe("parseCommandLine()", () => {
  it("takes global flags before and after the command", () => {
    for (const line of ["--json backup home", "backup --json home", "backup home --json"]) {
      expect(parse(line)).toMatchObject({ options: { json: true }, input: { words: { repository: "home" } } });
    }
  });
  it("gathers a flag that is given more than once", () => {
    const parsed = parse("rollback apply p --accept unproven --accept ambiguous");
    expect("input" in parsed ? parsed.input.list("accept") : []).toEqual(["unproven", "ambiguous"]);
  });
  it("names the nearest command for a slip", () => {
    expect(() => parse("snapshot")).toThrow(/snapshots/);
    expect(() => parse("backup --dryrun")).toThrow(/--dry-run/);
  });
  it("wants the words it needs", () => expect(() => parse("restore")).toThrow(/snapshot/));
  it.each(commandSpecs.map((spec) => spec.name))("has help for %s, which ends with its examples", (name) => {
    const { examples = [] } = commandSpecs.find((spec) => spec.name === name) ?? {};
    expect(examples).not.toEqual([]);
    for (const [line, meaning] of examples) {
      expect(line).toMatch(new RegExp(`^holdfast ${name}(?: |$)`));
      expect(helpOf(`${name} --help`)).toContain(`\n  ${line}\n      ${meaning}\n`);
    }
  });
  it.each(Object.keys(commandGroups))("has help for the group %s, which ends with an example", (name) => {
    expect(helpOf(`${name} --help`)).toMatch(new RegExp(`\n\n  holdfast ${name} .*\n      \\S.*\n$`));
  });
  it.each([...commandSpecs.map((spec) => spec.name), ...Object.keys(commandGroups)])(
    "takes -h for --help of %s, and says there where the global options stand",
    (name) => {
      expect(helpOf(`${name} -h`)).toBe(helpOf(`${name} --help`));
      expect(helpOf(`${name} -h`)).toContain("\nGlobal options (--json, --yes, --config, …): holdfast --help\n");
    },
  );
  it.each([
    ["help", "--help"],
    ["-h", "--help"],
    ["help backup", "backup --help"],
    ["help rollback", "rollback --help"],
    ["help rollback plan", "rollback plan --help"],
    ["rollback help plan", "rollback plan --help"],
    ["rollback help", "rollback --help"],
  ])("prints for %j what it prints for %j, and ends with 0", (asked, same) => {
    expect(parse(asked)).toEqual({ text: helpOf(same), exitCode: 0 });
  });
  it("refuses to print the help of what is no command, naming the nearest one", () => {
    expect(failureOf(() => parse("help rolback plan"))).toMatchObject({
      kind: "usage",
      hint: "did you mean rollback?",
    });
    expect(failureOf(() => parse("help rollback aply"))).toMatchObject({
      subject: "aply",
      hint: "did you mean apply?",
    });
    expect(failureOf(() => parse("help backup home"))).toMatchObject({ kind: "usage", subject: "home" });
  });
  it.each(["", "rollback", "config"])("prints the help of %j, which names no command, and ends with 64", (words) => {
    const parsed = parse(words);
    expect(parsed).toMatchObject({ exitCode: 64 });
    expect("text" in parsed ? parsed.text : "").toMatch(/^Usage: holdfast/);
  });
  it.each(["", ...commandSpecs.map((spec) => spec.name), ...Object.keys(commandGroups)])(
    "fits the help of %j into 40 columns",
    (name) => {
      const words = name.split(" ").filter((word) => word !== "");
      const parsed = parseCommandLine([...words, "--help"], "1.2.3", 40);
      const lines = ("text" in parsed ? parsed.text : "").split("\n");
      expect(lines.filter((line) => line.length > 40)).toEqual([]);
    },
  );
  it("breaks a long example as the shell takes it", () => {
    const parsed = parseCommandLine(["rollback", "plan", "--help"], "1.2.3", 40);
    const text = "text" in parsed ? parsed.text : "";
    expect(text.replace(/ \\\n +/g, " ")).toContain("  holdfast rollback plan home --to 2026-11-20T03:00:00Z\n");
  });
  it("prints the version", () => expect(parse("--version")).toEqual({ text: "1.2.3\n", exitCode: 0 }));
});
