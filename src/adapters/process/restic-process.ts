import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Failure } from "../../base/failure.ts";
import type { ResticCall, ResticOutcome, ResticProgram } from "../../restic/restic-program.ts";
import { parseResticVersion, type ResticVersion } from "../../restic/version.ts";
import { stopGroup, stopSharer } from "./stop-process.ts";

const stderrKept = 200;

export interface ProcessOptions {
  /** How long restic gets to take its lock away after SIGINT, in milliseconds, before it is killed. Default one minute. */
  readonly patience?: number;
}

/**
 * Asks a restic for its version and gives it back ready to run; null where the file answers nothing that restic would.
 * Fails with `program-missing` where it cannot be started.
 */
export async function openRestic(path: string, options: ProcessOptions = {}): Promise<ResticProgram | null> {
  const call: ResticCall = { arguments: ["version", "--json"], environment: versionEnvironment() };
  const outcome = await runProcess(path, call, options);
  const version = parseResticVersion(outcome.stdout.join("\n"));
  return version === null ? null : new ResticProcess(path, version, options);
}

function versionEnvironment(): Readonly<Record<string, string>> {
  return { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/" };
}

class ResticProcess implements ResticProgram {
  readonly path: string;
  readonly version: ResticVersion;
  readonly #options: ProcessOptions;

  constructor(path: string, version: ResticVersion, options: ProcessOptions) {
    this.path = path;
    this.version = version;
    this.#options = options;
  }

  async run(call: ResticCall): Promise<ResticOutcome> {
    return await runProcess(this.path, call, this.#options);
  }
}

async function runProcess(path: string, call: ResticCall, options: ProcessOptions): Promise<ResticOutcome> {
  if (call.signal?.aborted === true) return { exitCode: 130, stdout: [], stderr: [] };
  const isInherited = call.streams === "inherit";
  const child = start(path, call, isInherited);
  const stdout: string[] = [];
  const stderr: string[] = [];
  const drained = Promise.allSettled([
    drain(child.stdout, call.onStdoutLine ?? ((line) => stdout.push(line))),
    drain(child.stderr, (line) => {
      if (stderr.push(line) > stderrKept) stderr.shift();
      call.onStderrLine?.(line);
    }),
  ]);
  const stopping = { signal: call.signal, patience: options.patience ?? 60_000 };
  const release = isInherited ? stopSharer(child, stopping) : stopGroup(child, stopping);
  try {
    const exitCode = await exitOf(child, path);
    for (const end of await drained) if (end.status === "rejected") throw end.reason;
    const code = isInherited ? exitCode : plainCode(exitCode, call.signal);
    const wasKilled = code === 130 && exitCode === 128 + constants.signals.SIGKILL;
    return { exitCode: code, stdout, stderr, ...(wasKilled ? { wasKilled } : {}) };
  } finally {
    release();
  }
}

function start(path: string, call: ResticCall, isInherited: boolean): ChildProcess {
  try {
    return spawn(path, call.arguments, {
      env: { ...call.environment },
      stdio: isInherited ? "inherit" : ["ignore", "pipe", "pipe"],
      // In a group of its own, a terminal's Ctrl-C reaches restic once, from us. With our own streams it stays in ours:
      // a background group may not read the terminal.
      detached: !isInherited,
    });
  } catch (error) {
    throw cannotStart(path, error as NodeJS.ErrnoException);
  }
}

/**
 * Reads a pipe to its end whatever the listener does: a restic whose pipe closes early leaves its lock behind. Fails at
 * the end with what the listener threw; it is not called again after that.
 */
async function drain(stream: Readable | null, onLine: (line: string) => unknown): Promise<void> {
  if (stream === null) return;
  let thrown: { readonly error: unknown } | null = null;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (thrown !== null) continue;
    try {
      onLine(line);
    } catch (error) {
      thrown = { error };
    }
  }
  if (thrown !== null) throw thrown.error;
}

function exitOf(child: ChildProcess, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(cannotStart(path, error)));
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** restic 0.15 to 0.18 end most interrupted commands with 1, and one that had to be killed was interrupted as well. */
function plainCode(exitCode: number, signal: AbortSignal | undefined): number {
  return signal?.aborted === true && exitCode > 0 ? 130 : exitCode;
}

function cannotStart(path: string, cause: NodeJS.ErrnoException): Failure {
  return new Failure({
    kind: "program-missing",
    action: "start",
    subject: path,
    problem:
      cause.code === "EACCES"
        ? "the file may not be executed"
        : `it cannot be started (${cause.code ?? cause.message})`,
    hint: "name a restic that works: --restic FILE or HOLDFAST_RESTIC",
    cause,
  });
}
