import { spawn } from "node:child_process";
import path from "node:path";

const program = path.resolve(import.meta.dirname, "../../dist/holdfast.js");

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON lines of stdout. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** The last JSON line: the result or the failure. */
  readonly last: Readonly<Record<string, unknown>>;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with the child once it runs, to send it signals. */
  readonly whileRunning?: (child: ReturnType<typeof spawn>) => void | Promise<void>;
  readonly cwd?: string;
  readonly timeout?: number;
}

/** Runs the built program as a user would, in an environment of its own, and gives what it printed. */
export async function runHoldfast(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: options.cwd,
    timeout: options.timeout ?? 110_000,
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (output.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output.stderr += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  await options.whileRunning?.(child);
  const code = await ended;
  const lines = jsonLines(output.stdout);
  return { code, ...output, lines, last: lines.at(-1) ?? {} };
}

function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Readonly<Record<string, unknown>>];
      } catch {
        return [];
      }
    });
}
