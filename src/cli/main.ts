import { Failure } from "../base/failure.ts";
import { openClock } from "../adapters/system-clock.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { Invocation } from "./invocation.ts";
import { parseCommandLine, type ParsedCommand } from "./program.ts";
import { asFailure, failureEvent, failureLines } from "./render/failure.ts";
import { openScreen, type Screen } from "./render/screen.ts";
import { catchSignals } from "./signals.ts";

/** Runs the command line of this process and sets its exit code. Never throws. */
export async function main(version: string): Promise<void> {
  const argv = process.argv.slice(2);
  survivePipes();
  const split = argv.indexOf("--");
  const words = split < 0 ? argv : argv.slice(0, split);
  const rest = split < 0 ? [] : argv.slice(split + 1);
  const early = screenFor({ json: words.includes("--json"), quiet: false });
  try {
    const parsed = parseCommandLine(words, version, early.width);
    if ("text" in parsed) {
      process.stdout.write(parsed.text);
      process.exitCode = parsed.exitCode;
      return;
    }
    if (split >= 0 && parsed.spec.takesRest !== true) throw restFailure(parsed.spec.name);
    await perform(parsed, rest);
  } catch (error) {
    report(asFailure(error), { screen: early, ownOutput: false, verbose: words.includes("--verbose") });
  }
}

async function perform({ spec, input, options }: ParsedCommand, rest: readonly string[]): Promise<void> {
  const screen = screenFor(options);
  const signals = catchSignals(screen);
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
    const ownOutput = ["exec", "config schema", "config show"].includes(spec.name);
    report(asFailure(error), { screen, ownOutput, verbose: options.verbose });
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
 * end, or stops safely by the hang-up, and its exit code stands.
 */
function survivePipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    });
  }
}
