import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { LocalKey } from "../../adapters/local-store/local-store.ts";
import type { Role } from "../../base/role.ts";
import type { CommandAction, CommandInput, Invocation } from "../invocation.ts";
import { openNamedRepository, type OpenedRepository } from "../open-repository.ts";
import type { Screen } from "../render/screen.ts";

export interface DemoHostOptions {
  readonly folder: string;
  readonly location: string;
  readonly provider: string;
  readonly keys: ReadonlyMap<Role, LocalKey>;
  readonly password: string;
  /** The folder to back up. */
  readonly files: string;
  readonly restic: string;
}

type Result = Readonly<Record<string, unknown>>;

/** A host as a user would set it up, in the demo's folder: configuration, secrets in private files, state. */
export interface DemoHost {
  readonly configFile: string;
  readonly stateFolder: string;
  /** Runs a command as the command line would, silently, and gives the fields of its result. Fails as the command fails. */
  run(
    action: CommandAction,
    words?: Readonly<Record<string, string>>,
    flags?: Readonly<Record<string, string>>,
  ): Promise<Result>;
  repository(): Promise<OpenedRepository>;
}

const silent: Screen = {
  mode: "plain",
  width: 80,
  isQuiet: true,
  line: () => undefined,
  note: () => undefined,
  event: () => undefined,
  live: () => undefined,
  style: (_, text) => text,
};

export function openDemoHost(invocation: Invocation, options: DemoHostOptions): DemoHost {
  const configFile = writeConfiguration(options);
  const stateFolder = path.join(options.folder, "state");
  const inside: Invocation = {
    ...invocation,
    options: { ...invocation.options, config: configFile, stateDir: stateFolder, json: false, yes: true },
    screen: silent,
    // restic's cache is the demo's own, and goes with it.
    variables: { ...invocation.variables, XDG_CACHE_HOME: path.join(options.folder, "cache") },
  };
  return {
    configFile,
    stateFolder,
    run: async (action, words = {}, flags = {}) => {
      const { result } = await action(inside, inputOf(words, { restic: options.restic, ...flags }));
      return result ?? {};
    },
    repository: async () =>
      await openNamedRepository(inside, inputOf({}, { restic: options.restic }), { name: "demo" }),
  };
}

function inputOf(words: Readonly<Record<string, string>>, flags: Readonly<Record<string, string>>): CommandInput {
  return {
    words,
    text: (flag) => flags[flag],
    has: (flag) => flags[flag] !== undefined,
    list: (flag) => (flags[flag] === undefined ? [] : [flags[flag]]),
  };
}

function writeConfiguration({ folder, location, provider, keys, password, files }: DemoHostOptions): string {
  const secrets = path.join(folder, "secrets");
  mkdirSync(secrets, { mode: 0o700, recursive: true });
  const secret = (name: string, value: string): string => {
    const file = path.join(secrets, name);
    writeFileSync(file, `${value}\n`, { mode: 0o600 });
    return JSON.stringify(`file:${file}`);
  };
  const keyLines = [...keys].map(([role, key]) => {
    const token =
      key.sessionToken === null ? "" : `, session-token: ${secret(`${role}.token`, key.sessionToken.reveal())}`;
    const id = secret(`${role}.id`, key.accessKey);
    return `      ${role}: { access-key: ${id}, secret-key: ${secret(`${role}.key`, key.secretKey.reveal())}${token} }`;
  });
  const lines = [
    "repositories:",
    "  demo:",
    `    location: ${JSON.stringify(location)}`,
    `    provider: ${provider}`,
    `    password: ${secret("password", password)}`,
    "    keys:",
    ...keyLines,
    `    backup: { paths: [${JSON.stringify(files)}], tag: [demo], pack-size: 4, compression: "off" }`,
    "    retention: { keep-last: 3, keep-daily: 3 }",
  ];
  const file = path.join(folder, "config.yaml");
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  chmodSync(folder, 0o700);
  return file;
}
