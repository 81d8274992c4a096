import { spawn } from "node:child_process";
import { connect } from "node:net";
import { openSync, closeSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../../base/failure.ts";

export interface DaemonCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What it prints goes here. */
  readonly logFile: string;
}

/** A process that runs until it is stopped. */
export interface Daemon {
  /** Fails with `program-missing` when it has ended by itself, telling its last words. */
  assertRuns(): void;
  /** Kills it and resolves once all its threads are gone, and with them its ports. */
  stop(): Promise<void>;
}

/** Starts it in a session of its own, so that a terminal's Ctrl-C does not reach it before we are done with it. */
export function startDaemon({ program, arguments: words, environment, logFile }: DaemonCommand): Daemon {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(program, words, { env: environment, stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  let ended = false;
  const end = new Promise<void>((resolve) => {
    const onEnd = (): void => {
      ended = true;
      resolve();
    };
    child.on("exit", onEnd).on("error", onEnd);
  });
  // A demo that is to be kept ends while its store goes on.
  child.unref();
  return {
    assertRuns: () => {
      if (ended || child.pid === undefined) throw died(program, logFile);
    },
    stop: async () => {
      if (ended) return;
      child.ref();
      child.kill("SIGKILL");
      await end;
    },
  };
}

export interface Readiness {
  readonly port: number;
  readonly daemons: readonly Daemon[];
  readonly signal?: AbortSignal | undefined;
}

const startLimit = 60_000;

/** Resolves once the port answers; fails when a daemon ends first or a minute is over. */
export async function listening({ port, daemons, signal }: Readiness): Promise<void> {
  for (const end = Date.now() + startLimit; ;) {
    signal?.throwIfAborted();
    for (const daemon of daemons) daemon.assertRuns();
    if (await answers(port)) return;
    if (Date.now() > end) throw died(`the store on port ${port}`, null);
    await wait(50);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function died(program: string, logFile: string | null): Failure {
  const words = logFile === null ? "" : readFileSync(logFile, "utf8").trim().split("\n").slice(-3).join("\n");
  return new Failure({
    kind: "program-missing",
    action: "start",
    subject: program,
    problem: words === "" ? "it does not come up" : `it ended by itself:\n${words}`,
    hint: "try another store: --store minio, --store rgw, or --store URL",
  });
}
