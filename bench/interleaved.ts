import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/** A command to time as a whole process. */
export interface TimedCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The medians, in milliseconds, of two commands run in turn: A B A B, so that a drifting machine slows both. */
export function interleavedMedians(
  ours: TimedCommand,
  peer: TimedCommand,
  runs: number,
): { readonly ours: number; readonly peer: number } {
  const times = { ours: [] as number[], peer: [] as number[] };
  for (let run = -1; run < runs; run++) {
    const [a, b] = [elapsed(ours), elapsed(peer)];
    if (run < 0) continue;
    times.ours.push(a);
    times.peer.push(b);
  }
  return { ours: median(times.ours), peer: median(times.peer) };
}

function elapsed(command: TimedCommand): number {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...command.environment };
  delete environment["NODE_EXTRA_CA_CERTS"];
  const began = performance.now();
  const { status, stderr } = spawnSync(command.program, command.arguments, {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const took = performance.now() - began;
  if (status !== 0)
    throw new Error(`${command.program} ${command.arguments.join(" ")} ended with ${status}: ${stderr.toString()}`);
  return took;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
