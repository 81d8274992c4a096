import { openRestic } from "../../../src/adapters/process/restic-process.ts";

/** Runs the program named by argv as `holdfast exec` does: with our own streams, stopped by our signals. */
const [file = "", ...words] = process.argv.slice(2);
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());
const restic = await openRestic(file, { patience: 1500 });
const outcome = await restic?.run({
  arguments: words,
  environment: { PATH: process.env["PATH"] ?? "" },
  streams: "inherit",
  signal: stop.signal,
});
process.exitCode = outcome?.exitCode ?? 70;
