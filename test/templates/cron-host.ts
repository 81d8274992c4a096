import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { LocalKey } from "../../src/adapters/local-store/local-store.ts";
import { newestRestic, type Host } from "../e2e/host.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(root, "templates/cron");

export interface CronRun {
  readonly code: number | null;
  /** What cron would mail. */
  readonly output: string;
}

/** A home with a configuration and credentials, where the lines of templates/cron are run as cron runs them. */
export interface CronHost {
  /** What the runs of `backup home`, `prune home` and so on have said. */
  log(name: string): string;
  /** Runs the line of a file of templates/cron. */
  run(file: string): Promise<CronRun>;
  /** While it is held, a holdfast that was started waits before it does anything. */
  hold(): void;
  release(): void;
  /** Whether a run of the line is under way. */
  isRunning(name: string): boolean;
  readonly logs: string;
  readonly credentials: string;
}

/** The variables and the command of a file for /etc/cron.d, read as cron reads it (crontab(5)). */
export function cronFile(file: string): {
  readonly variables: ReadonlyMap<string, string>;
  readonly when: string;
  readonly command: string;
} {
  const lines = readFileSync(path.join(folder, file), "utf8").split("\n");
  const told = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const variables = told.flatMap((line) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  const [line, ...more] = told.filter((each) => !/^[A-Z_]+=/.test(each));
  const [, when, command] = /^((?:\S+\s+){5})root\s+(.+)$/.exec(line ?? "") ?? [];
  if (when === undefined || command === undefined || more.length > 0)
    throw new Error(`${file} has not one line of cron`);
  if (command.includes("%")) throw new Error(`cron takes the % of ${file} for the end of the line`);
  return { variables: new Map(variables), when: when.trim(), command };
}

export function openCronHost(host: Host): CronHost {
  const home = path.join(host.folder, "cron-home");
  const credentials = path.join(home, "credentials");
  const programs = path.join(home, "bin");
  const logs = path.join(home, "logs");
  const held = path.join(home, "held");
  for (const each of [path.join(home, ".config/holdfast"), credentials, programs])
    mkdirSync(each, { recursive: true, mode: 0o700 });
  writeConfiguration(host, path.join(home, ".config/holdfast/config.yaml"), credentials);
  const holdfast = path.join(programs, "holdfast");
  const wait = `while [ -e '${held}' ]; do sleep 0.1; done`;
  const start = `exec '${process.execPath}' '${path.join(root, "dist/holdfast.js")}' "$@"`;
  writeFileSync(holdfast, `#!/bin/sh\n${wait}\n${start}\n`);
  chmodSync(holdfast, 0o755);
  symlinkSync(newestRestic(), path.join(programs, "restic"));
  symlinkSync(path.join(folder, "holdfast-from-cron"), path.join(programs, "holdfast-from-cron"));

  return {
    logs,
    credentials,
    log: (name) => readFileSync(path.join(logs, `${name}.log`), "utf8"),
    isRunning: (name) => existsSync(path.join(logs, `${name}.log.run`)),
    hold: () => writeFileSync(held, ""),
    release: () => rmSync(held, { force: true }),
    run: async (file) => {
      const { variables, command } = cronFile(file);
      const environment = {
        ...Object.fromEntries(variables),
        PATH: `${programs}:${variables.get("PATH") ?? ""}`,
        HOME: home,
        // Of this home, also where the tests run as root.
        XDG_STATE_HOME: path.join(home, ".local/state"),
        XDG_CACHE_HOME: path.join(home, ".cache"),
        LOGS: logs,
        CREDENTIALS_DIRECTORY: credentials,
      };
      return await shell(command, environment);
    },
  };
}

/** Secrets as the timers name them, so that one configuration serves both. */
function writeConfiguration({ settings }: Host, file: string, credentials: string): void {
  const secret = (name: string, value: string): string => {
    writeFileSync(path.join(credentials, name), `${value}\n`, { mode: 0o600 });
    return `credential:${name}`;
  };
  const key = (role: string, { accessKey, secretKey }: LocalKey): string =>
    `{ access-key: ${secret(`home.${role}.id`, accessKey)}, secret-key: ${secret(`home.${role}`, secretKey.reveal())} }`;
  const { writer, pruner } = settings.keys;
  if (writer === undefined || pruner === undefined) throw new Error("the host lacks a key");
  const lines = [
    "repositories:",
    "  home:",
    `    location: ${settings.location}`,
    `    provider: ${settings.provider}`,
    `    password: ${secret("home.password", settings.password)}`,
    "    keys:",
    `      writer: ${key("writer", writer)}`,
    `      pruner: ${key("pruner", pruner)}`,
    `    backup: { paths: ${JSON.stringify(settings.paths)} }`,
    "    retention: { keep-daily: 7 }",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

async function shell(command: string, environment: Readonly<Record<string, string>>): Promise<CronRun> {
  const child = spawn("/bin/sh", ["-c", command], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 100_000,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => (output += data.toString()));
  }
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output };
}
