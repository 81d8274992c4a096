import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

export interface MeasuredCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** What the program may end with; 0 alone where it is left out. */
  readonly exitCodes?: readonly number[];
}

/** What a process used from its start to its end; all but the time are read from /proc and at most 20 ms old. */
export interface Usage {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Peak resident memory of that process, without its children. */
  readonly peakMebibytes: number;
}

/** Runs a program to its end beside this one, so that a proxy in here can serve it. Throws when it ends otherwise. */
export async function measured(command: MeasuredCommand): Promise<Usage & { readonly output: string }> {
  const { program, folder, exitCodes = [0] } = command;
  const began = performance.now();
  const child = spawn(program, command.arguments, {
    cwd: folder,
    env: environmentOf(command),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  let used = { cpuSeconds: 0, peakMebibytes: 0 };
  const watch = setInterval(() => (used = usedBy(child.pid) ?? used), 20);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  }).finally(() => clearInterval(watch));
  const seconds = (performance.now() - began) / 1000;
  if (code === null || !exitCodes.includes(code)) {
    const words = `${output.join("").slice(-2000)}${errors.join("").slice(-2000)}`;
    throw new Error(`${program} ${command.arguments.join(" ")} ended with ${code}: ${words}`);
  }
  return { seconds, ...used, output: output.join("") };
}

/** Only what a program needs: a variable of this machine must not slow one side. */
function environmentOf({ environment, folder }: MeasuredCommand): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: folder, LC_ALL: "C.UTF-8", ...environment };
}

/** What a process has used so far; null once it is gone, and where there is no /proc. */
export function usedBy(
  pid: number | undefined,
): { readonly cpuSeconds: number; readonly peakMebibytes: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    // proc_pid_stat(5): utime and stime are fields 14 and 15, in ticks of 10 ms on every Linux that Node runs on.
    const ticks = Number(fields[11]) + Number(fields[12]);
    return peak === undefined ? null : { cpuSeconds: ticks / 100, peakMebibytes: Number(peak) / 1024 };
  } catch {
    return null;
  }
}
