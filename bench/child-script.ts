import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

/** A script of this folder that runs beside the benchmark, and the first line it printed. */
interface ServingScript {
  readonly line: string;
  readonly stop: () => Promise<void>;
}

/** Starts a script that serves until it is stopped; ready once it has printed a line. */
export async function startScript(name: string, words: readonly string[]): Promise<ServingScript> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, name), ...words], {
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const first = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const failed = ended.then(([code]) => Promise.reject(new Error(`${name} ended with ${String(code)}`)));
  failed.catch(() => undefined);
  const [line] = await Promise.race([first, failed]);
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return { line, stop };
}

/** Runs a script to its end and reads the JSON that it prints. */
export async function figuresOf(name: string, words: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const { line, stop } = await startScript(name, words);
  await stop();
  return JSON.parse(line) as Readonly<Record<string, number>>;
}

/** `NODE_EXTRA_CA_CERTS` would slow every start of Node by what it takes to read the file. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "NODE_EXTRA_CA_CERTS"));
}
