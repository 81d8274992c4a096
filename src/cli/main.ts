import { Failure } from "../base/failure.ts";
import { openClock } from "../adapters/system-clock.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { Invocation } from "./invocation.ts";
import { parseCommandLine, type ParsedCommand } from "./program.ts";
import { asFailure, failureEvent, failureLines } from "./render/failure.ts";
import { isReaderGone, lostOutputLine } from "./render/lost-output.ts";
import { openScreen, type Screen } from "./render/screen.ts";
import { inSamePlace } from "./same-place.ts";
import { catchSignals } from "./signals.ts";

/** Runs the command line of this process and sets its exit code. Never throws. */
export async function main(version: string): Promise<void> {
  const argv = process.argv.slice(2);
  watchOutput();
  const split = argv.indexOf("--");
  const words = split < 0 ? argv : argv.slice(0, split);
  const rest = split < 0 ? [] : argv.slice(split + 1);
  const early = screenFor({ json: words.includes("--json"), quiet: false });
  try {
    const parsed = parseCommandLine(words, version, early.width);
    if ("text" in parsed) {
      if (early.mode === "json" && parsed.exitCode !== 0) throw commandMissing(words);
      if (early.mode === "json") early.event({ type: "result", command: "help", ok: true, text: parsed.text });
      else process.stdout.write(parsed.text);
      process.exitCode = parsed.exitCode;
      return;
    }
    if (split >= 0 && parsed.spec.takesRest !== true) throw restFailure(parsed.spec.name);
    await perform(parsed, rest);
  } catch (error) {
    report(asFailure(error), { screen: early, ownOutput: false, verbose: words.includes("--verbose") });
  }
}

function commandMissing(words: readonly string[]): Failure {
  return new Failure({
    kind: "usage",
    action: "read the command line",
    subject: ["holdfast", ...words].join(" "),
    problem: "it names no command",
    hint: "holdfast --help",
  });
}

async function perform({ spec, input, options }: ParsedCommand, rest: readonly string[]): Promise<void> {
  const plain = screenFor(options);
  const screen: Screen = {
    ...plain,
    line: (text = "") => plain.line(/^(?:Next|then):/.test(text) ? inSamePlace(text, options) : text),
  };
  const signals = catchSignals(screen, spec.name);
  const invocation: Invocation = {
    options,
    screen,
    clock: openClock(),
    signal: signals.signal,
    log: options.verbose ? await import("../adapters/log.ts").then(({ openLog }) => openLog()) : null,
    variables: process.env,
    rest,
  };
  try {
    const action = await spec.load();
    const { exitCode, result } = await action(invocation, input);
    screen.live(null);
    if (result !== null) screen.event({ type: "result", command: spec.name, ok: exitCode === 0, ...result });
    process.exitCode = exitCode;
  } catch (error) {
    const ownOutput = ["exec", "config schema", "config show", "policy"].includes(spec.name);
    const failure = asFailure(error);
    report(failure.withHint(inSamePlace(failure.hint, options)), { screen, ownOutput, verbose: options.verbose });
  } finally {
    signals.release();
  }
}

interface ReportOptions {
  readonly screen: Screen;
  /** The command's stdout is its own output: the failure goes to stderr even with --json. */
  readonly ownOutput: boolean;
  readonly verbose: boolean;
}

function report(failure: Failure, { screen, ownOutput, verbose }: ReportOptions): void {
  screen.live(null);
  process.exitCode = exitCodeOf(failure.kind);
  const json = JSON.stringify(failureEvent(failure));
  if (screen.mode === "json" && ownOutput) process.stderr.write(`${json}\n`);
  else if (screen.mode === "json") process.stdout.write(`${json}\n`);
  else process.stderr.write(`${failureLines(failure, screen).join("\n")}\n`);
  if (verbose && failure.cause instanceof Error)
    process.stderr.write(`${failure.cause.stack ?? failure.cause.message}\n`);
}

function screenFor(options: { readonly json: boolean; readonly quiet: boolean }): Screen {
  const color = process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";
  return openScreen({ ...options, color, stdout: process.stdout, stderr: process.stderr });
}

function restFailure(command: string): Failure {
  return new Failure({
    kind: "usage",
    action: "read the command line",
    subject: `holdfast ${command}`,
    problem: "it takes no words after --",
    hint: `holdfast ${command} --help`,
  });
}

/**
 * A reader that left (`| head -1`), or a terminal that was closed, takes no more lines; the work itself goes on to its
 * end, or stops safely by the hang-up, and its exit code stands. So it does where the disk under stdout is full, but
 * then somebody waits for what was lost: that is said once, and the run ends with 73. What stderr loses has no other
 * place to be said.
 */
function watchOutput(): void {
  let isLost = false;
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error) => {
    if (isLost || isReaderGone(error)) return;
    isLost = true;
    process.stderr.write(`${lostOutputLine(error)}\n`);
  });
  process.on("exit", () => {
    if (isLost) process.exitCode = exitCodeOf("state-unwritable");
  });
}
