import { Command, CommanderError, Option } from "commander";
import { Failure } from "../base/failure.ts";
import type { CommandSpec, FlagSpec } from "./command-spec.ts";
import { commandGroups, commandSpecs } from "./command-specs.ts";
import { exitCodeOf } from "./exit-code.ts";
import { globalFlags } from "./global-flags.ts";
import type { CommandInput, GlobalOptions } from "./invocation.ts";
import { wrap } from "./render/table.ts";
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
      text += more;
    },
    width,
  });
  try {
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // A group, or the program, without a command: its help says what could be meant.
    if (error.code === "commander.help") return { text, exitCode: exitCodeOf("usage") };
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
    .configureHelp({ minWidthToWrap: 8 })
    .configureOutput({
      writeOut: taker.print,
      writeErr: taker.print,
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpOption("--help", "print this help")
    .helpCommand("help [command]", "print the help of a command");
  program.helpInformation = () => topLevelHelp(width);
  for (const flag of globalFlags) program.addOption(optionOf(flag));
  const groups = new Map<string, Command>();
  for (const spec of commandSpecs) addCommand(program, groups, { spec, taker });
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
  const examples = spec.examples.map(([line, meaning]) =>
    [`  ${line}`, ...wrap(meaning, taker.width - 6).map((part) => `      ${part}`)].join("\n"),
  );
  command.addHelpText("after", `\n${examples.join("\n")}`);
  command.action((...given: unknown[]) => {
    taker.take({ spec, input: inputOf(spec, given, command), options: globalOptionsOf(command) });
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
