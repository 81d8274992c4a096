import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * For a machine whose own Node is too old: goes on with the one that `npm ci` put beside the program, or says what is
 * needed and ends with 69. Uses nothing that an old Node lacks.
 */
export function startOnBundledNode(needed: string): void {
  const program = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  if (!existsSync(program)) {
    process.stderr.write(
      `Cannot start "holdfast": it needs Node ${needed} and this is ${process.versions.node}\n` +
        "  next  install a newer Node, or run `npm ci` in Holdfast's folder, which brings one\n",
    );
    process.exitCode = 69;
    return;
  }
  const child = spawn(program, process.argv.slice(1), { stdio: "inherit" });
  // A terminal sends Ctrl-C to both of us; the child decides what it means. Other signals reach only us.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 70 : 143);
  });
}
