import { openRestic } from "../../../src/adapters/process/restic-process.ts";

/**
 * Runs the program named by argv as `holdfast exec` does: with our own streams, stopped by our signals. Each signal first
 * stalls us, so that a program which gets one from the terminal and another from us cannot take both for one.
 */
const [file = "", ...words] = process.argv.slice(2);
const stop = new AbortController();
const onSignal = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  stop.abort();
};
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
const restic = await openRestic(file, { patience: 1500 });
const outcome = await restic?.run({
  arguments: words,
  environment: { PATH: process.env["PATH"] ?? "" },
  streams: "inherit",
  signal: stop.signal,
});
process.exitCode = outcome?.exitCode ?? 70;
