import { describe, expect, it } from "vitest";
import { commandSpecs } from "../../src/cli/command-specs.ts";
import { parseCommandLine } from "../../src/cli/program.ts";

const parse = (line: string) =>
  parseCommandLine(
    line.split(" ").filter((word) => word !== ""),
    "1.2.3",
    80,
  );

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
  it.each(commandSpecs.map((spec) => spec.name))("has help for %s with an example", (name) => {
    const parsed = parse(`${name} --help`);
    expect("text" in parsed ? parsed.text : "").toContain(`holdfast ${name}`);
  });
  it.each(["", "rollback", "config"])("prints the help of %j, which names no command, and ends with 64", (words) => {
    const parsed = parse(words);
    expect(parsed).toMatchObject({ exitCode: 64 });
    expect("text" in parsed ? parsed.text : "").toMatch(/^Usage: holdfast/);
  });
  it.each(commandSpecs.map((spec) => spec.name))(
    "fits the help of %s into 40 columns, but for words and command lines",
    (name) => {
      const parsed = parseCommandLine([...name.split(" "), "--help"], "1.2.3", 40);
      const lines = ("text" in parsed ? parsed.text : "").split("\n");
      const wide = lines.filter((line) => line.length > 46 && !/^(?:Usage:|  holdfast) /.test(line));
      expect(wide).toEqual([]);
    },
  );
  it("prints the version", () => expect(parse("--version")).toEqual({ text: "1.2.3\n", exitCode: 0 }));
});
