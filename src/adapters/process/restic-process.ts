import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Failure } from "../../base/failure.ts";
import type { ResticCall, ResticOutcome, ResticProgram } from "../../restic/restic-program.ts";
import { parseResticVersion, type ResticVersion } from "../../restic/version.ts";

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
  const child = spawn(path, call.arguments, {
    env: { ...call.environment },
    stdio: isInherited ? "inherit" : ["ignore", "pipe", "pipe"],
    // In a group of its own, a terminal's Ctrl-C reaches restic once, from us. With our own streams it stays in ours:
    // a background group may not read the terminal.
    detached: !isInherited,
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  const drained = [
    drain(child.stdout, call.onStdoutLine ?? ((line) => stdout.push(line))),
    drain(child.stderr, (line) => {
      if (stderr.push(line) > stderrKept) stderr.shift();
      call.onStderrLine?.(line);
    }),
  ];
  const stop = isInherited ? () => undefined : stopOnAbort(child, call.signal, options.patience ?? 60_000);
  try {
    const exitCode = await exitOf(child, path);
    await Promise.all(drained);
    return { exitCode, stdout, stderr };
  } finally {
    stop();
  }
}

/** Reads a pipe to its end whatever the listener does: a restic whose pipe closes early leaves its lock behind. */
async function drain(stream: Readable | null, onLine: (line: string) => unknown): Promise<void> {
  if (stream === null) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line);
}

function exitOf(child: ChildProcess, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(cannotStart(path, error)));
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** SIGINT first, which every release answers by removing its lock; SIGKILL to the whole group when time is up. */
function stopOnAbort(child: ChildProcess, signal: AbortSignal | undefined, patience: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const kill = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // The group ended between the look and the signal; there is nobody left to stop.
    }
  };
  const onAbort = (): void => {
    kill("SIGINT");
    timer = setTimeout(() => kill("SIGKILL"), patience);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return () => {
    signal?.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  };
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
