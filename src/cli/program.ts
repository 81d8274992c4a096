import { Command, CommanderError, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { nearestWord } from "../base/nearest-word.ts";
import type { CommandSpec, FlagSpec } from "./command-spec.ts";
import { commandGroups, commandSpecs } from "./command-specs.ts";
import { exitCodeOf } from "./exit-code.ts";
import { globalFlags } from "./global-flags.ts";
import type { CommandInput, GlobalOptions } from "./invocation.ts";
import { definition, wrap, wrapCommand } from "./render/table.ts";
import { purpose, topLevelHelp } from "./top-level-help.ts";

/** A command line that names a command and is well formed. */
export interface ParsedCommand {
  readonly spec: CommandSpec;
  readonly input: CommandInput;
  readonly options: GlobalOptions;
}

/** Help or a version was asked for, or no command was named: `text` is what to print. */
export interface AskedForText {
  readonly text: string;
  /** 64 where no command was named: the help then says what could be meant. */
  readonly exitCode: number;
}

/**
 * Reads the words after `holdfast`, those after `--` left out. Fails with `usage` for an unknown command or flag, naming
 * the nearest known one, and for a missing word.
 */
export function parseCommandLine(
  words: readonly string[],
  version: string,
  width: number,
): ParsedCommand | AskedForText {
  const found: ParsedCommand[] = [];
  let text = "";
  const program = buildProgram(version, {
    take: (command) => {
      found.push(command);
    },
    print: (more) => {
      text += more.replace(/^Usage: .*$/m, (usage) => wrap(usage, width, "  ").join("\n"));
    },
    width,
  });
  try {
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.help" && error.exitCode !== 0) return { text, exitCode: exitCodeOf("usage") };
    if (error.exitCode !== 0) throw usageFailure(error, words);
  }
  return found[0] ?? { text, exitCode: 0 };
}

interface Taker {
  readonly take: (found: ParsedCommand) => void;
  readonly print: (text: string) => void;
  /** Of the screen, in columns. */
  readonly width: number;
}

function buildProgram(version: string, taker: Taker): Command {
  const { width } = taker;
  const program = new Command("holdfast")
    .description(purpose)
    .version(version, "--version", "print the version")
    .exitOverride()
    .configureHelp({
      minWidthToWrap: 8,
      formatItem: (term, widest, description) => definition(term, description, { widest, width }).join("\n"),
    })
    .configureOutput({
      writeOut: taker.print,
      writeErr: taker.print,
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpOption("-h, --help", "print this help")
    .helpCommand(false);
  program.helpInformation = () => topLevelHelp(width);
  for (const flag of globalFlags) program.addOption(optionOf(flag));
  const groups = new Map<string, Command>();
  for (const spec of commandSpecs) addCommand(program, groups, { spec, taker });
  for (const [name, group] of groups) {
    const example = commandSpecs.find((spec) => spec.name.startsWith(`${name} `))?.examples[0];
    group.addHelpText("after", closing(example === undefined ? [] : [example], width));
  }
  for (const command of [program, ...groups.values()]) addHelpCommand(command);
  return program;
}

function addCommand(
  program: Command,
  groups: Map<string, Command>,
  { spec, taker }: { readonly spec: CommandSpec; readonly taker: Taker },
): void {
  const [first = "", second] = spec.name.split(" ");
  const parent = second === undefined ? program : groupOf(program, groups, first);
  const command = parent
    .command(second ?? first)
    .summary(spec.summary)
    .description(spec.description);
  for (const word of spec.words) {
    command.argument(word.optional === true ? `[${word.name}]` : `<${word.name}>`, word.description);
  }
  for (const flag of spec.flags) command.addOption(optionOf(flag));
  if (spec.takesRest === true) command.usage(`[options] ${usageWords(spec)} -- <restic's words>`);
  command.addHelpText("after", closing(spec.examples, taker.width));
  command.action((...given: unknown[]) => {
    taker.take({ spec, input: inputOf(spec, given, command), options: globalOptionsOf(command) });
  });
}

/** How the help of a group or a command ends. */
function closing(examples: CommandSpec["examples"], width: number): string {
  const shown = examples.flatMap(([line, meaning]) => [
    ...wrapCommand(line, width - 2).map((part) => `  ${part}`),
    ...wrap(meaning, width - 6).map((part) => `      ${part}`),
  ]);
  return ["", ...wrap("Global options (--json, --yes, --config, …): holdfast --help", width, "  "), "", ...shown].join(
    "\n",
  );
}

/** `help rollback plan` and `rollback help plan`, which commander's own `help` with its one word cannot tell apart. */
function addHelpCommand(parent: Command): void {
  parent
    .command("help")
    .argument("[command...]")
    .summary("print the help of a command")
    .description("Prints the help of a command: holdfast help rollback plan.")
    .action((names: readonly string[]) => {
      let found = parent;
      for (const name of names) {
        const next = found.commands.find((each) => each.name() === name);
        if (next === undefined) throw unknownCommand(name, found.commands);
        found = next;
      }
      found.help();
    });
}

function unknownCommand(name: string, among: readonly Command[]): Failure {
  const known = among.map((each) => each.name());
  const nearest = nearestWord(name, known);
  return new Failure({
    kind: "usage",
    action: "print the help of",
    subject: name,
    problem: known.length === 0 ? "the command before it has none of its own" : "there is no such command",
    hint: nearest === null ? "holdfast --help" : `did you mean ${nearest}?`,
  });
}

function usageWords(spec: CommandSpec): string {
  return spec.words.map((word) => (word.optional === true ? `[${word.name}]` : `<${word.name}>`)).join(" ");
}

function groupOf(program: Command, groups: Map<string, Command>, name: string): Command {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const made = program.command(name).description(commandGroups[name] ?? name);
  groups.set(name, made);
  return made;
}

function optionOf(flag: FlagSpec): Option {
  const option = new Option(flag.flags, flag.description);
  if (flag.repeatable !== true) return option;
  return option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
}

function inputOf(spec: CommandSpec, given: readonly unknown[], command: Command): CommandInput {
  const flags: Readonly<Record<string, unknown>> = command.opts();
  const words = Object.fromEntries(
    spec.words.map((word, index) => [word.name, typeof given[index] === "string" ? given[index] : undefined]),
  );
  const named = (flag: string): unknown => flags[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
  return {
    words,
    text: (flag) => {
      const value = named(flag);
      return typeof value === "string" ? value : undefined;
    },
    has: (flag) => named(flag) === true,
    list: (flag) => {
      const value = named(flag);
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}

function globalOptionsOf(command: Command): GlobalOptions {
  const all: Readonly<Record<string, unknown>> = command.optsWithGlobals();
  const text = (name: string): string | undefined => (typeof all[name] === "string" ? all[name] : undefined);
  return {
    config: text("config"),
    stateDir: text("stateDir"),
    json: all["json"] === true,
    verbose: all["verbose"] === true,
    quiet: all["quiet"] === true,
    yes: all["yes"] === true,
  };
}

function usageFailure(error: CommanderError, words: readonly string[]): Failure {
  return new Failure({
    kind: "usage",
    action: "read the command line",
    subject: ["holdfast", ...words].join(" "),
    problem: error.message.replace(/^error: /, "").replace(/\n/g, " "),
    hint: "holdfast --help, or holdfast COMMAND --help",
  });
}
