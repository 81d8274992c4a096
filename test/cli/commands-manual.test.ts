import { expect, it } from "vitest";
import { commandGroups, commandSpecs } from "../../src/cli/command-specs.ts";
import { parseCommandLine } from "../../src/cli/program.ts";

function helpOf(words: readonly string[]): string {
  const parsed = parseCommandLine([...words, "--help"], "0.0.0", 100);
  return "text" in parsed ? parsed.text.trimEnd() : "";
}

function section(title: string, words: readonly string[]): string {
  return `## ${title}\n\n\`\`\`\n${helpOf(words)}\n\`\`\`\n`;
}

/** What `--help` says of the program, of each group and of each command, as docs/commands.md. */
function manual(): string {
  return [
    "# Commands\n",
    "Made from the program's own help. Exit codes and JSON fields stand in [output.md](output.md).\n",
    section("holdfast", []),
    ...Object.keys(commandGroups).map((group) => section(`holdfast ${group}`, [group])),
    ...commandSpecs.map(({ name }) => section(`holdfast ${name}`, name.split(" "))),
  ].join("\n");
}

it("docs/commands.md says what --help says (vitest -u writes it)", async () => {
  await expect(manual()).toMatchFileSnapshot("../../docs/commands.md");
});
