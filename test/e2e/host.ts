import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inject } from "vitest";
import type { LocalKey, LocalStore } from "../../src/adapters/local-store/local-store.ts";
import type { Role } from "../../src/base/role.ts";
import { openTestStore } from "../stores/real-stores.ts";
import { runHoldfast, type Run, type RunOptions } from "./run-holdfast.ts";

/** What stands in the configuration of a host's one repository, `home`. */
export interface HostSettings {
  /** restic's spelling. */
  readonly location: string;
  readonly provider: string;
  readonly password: string;
  readonly keys: Readonly<Partial<Record<Role, LocalKey>>>;
  readonly caFile: string | null;
  /** Further keys of `backup`, in YAML's flow style: `limit-upload: 100`. */
  readonly backup: readonly string[];
  /** What to back up. */
  readonly paths: readonly string[];
  /** What to keep, in YAML's flow style, else `keep-last: 1`. */
  readonly retention?: string;
}

export interface HostRunOptions extends RunOptions {
  /** Else the newest of this machine. */
  readonly restic?: string;
}

/** A machine as a user would set it up: a folder with the configuration, the secrets in private files, and some files. */
export interface Host {
  readonly folder: string;
  readonly configFile: string;
  readonly stateFolder: string;
  /** A folder with a few files, the one that is backed up. */
  readonly files: string;
  readonly settings: HostSettings;
  /** What nothing that is printed may hold: the password, the secret keys, the tokens. */
  readonly secrets: readonly string[];
  /** Runs the built program with this host's configuration and state. */
  run(words: readonly string[], options?: HostRunOptions): Promise<Run>;
  /** The environment of such a run, for who starts the program otherwise. */
  environment(restic?: string): Readonly<Record<string, string>>;
  /** The same machine with a configuration of other settings; its state and files are shared. */
  with(changes: Partial<HostSettings>): Host;
  remove(): Promise<void>;
}

/** A host with the writer's, the pruner's and the rescuer's key to a fresh versioned bucket; the repository is not made yet. */
export async function openHost(local: LocalStore, place: string): Promise<Host> {
  await openTestStore(local, place);
  const [bucket = "", ...rest] = place.split("/");
  const prefix = rest.length === 0 ? "" : `${rest.join("/")}/`;
  const folder = mkdtempSync(path.join(tmpdir(), "hf-host-"));
  const files = path.join(folder, "files");
  mkdirSync(files);
  for (const name of ["one", "two", "three"]) writeFileSync(path.join(files, name), `the file ${name}\n`);
  const key = async (role: Role): Promise<LocalKey> => await local.makeKey({ role, bucket, prefix });
  return hostOf(folder, {
    location: `s3:${local.endpoint}/${place}`,
    provider: local.provider,
    password: `a password of ${path.basename(folder)}`,
    keys: { writer: await key("writer"), pruner: await key("pruner"), rescuer: await key("rescuer") },
    caFile: null,
    backup: [],
    paths: [files],
  });
}

/** As `openHost`, with the repository made by `holdfast init`. */
export async function openHostWithRepository(local: LocalStore, place: string): Promise<Host> {
  const host = await openHost(local, place);
  const { code, stdout, stderr } = await host.run(["init"]);
  if (code !== 0) throw new Error(`init ended with ${String(code)}\n${stdout}${stderr}`);
  return host;
}

/** A host that reaches nothing, for faults that show before a store is asked. */
export function openLonelyHost(changes: Partial<HostSettings> = {}): Host {
  const folder = mkdtempSync(path.join(tmpdir(), "hf-host-"));
  return hostOf(folder, {
    location: "s3:http://127.0.0.1:1/backups/home",
    provider: "generic",
    password: "a password nobody has",
    keys: {},
    caFile: null,
    backup: [],
    paths: [folder],
    ...changes,
  });
}

/** The newest restic of this machine. */
export function newestRestic(): string {
  const restic = inject("restics").at(-1);
  if (restic === undefined) throw new Error("this machine has no restic");
  return restic;
}

let configurations = 0;

function hostOf(folder: string, settings: HostSettings): Host {
  configurations += 1;
  const own = path.join(folder, `configuration-${configurations}`);
  mkdirSync(own, { mode: 0o700 });
  const configFile = writeConfiguration(own, settings);
  // Where XDG_STATE_HOME puts it: without the flag, a next step is told as a user would type it.
  const stateFolder = path.join(folder, "holdfast");
  const environment = (restic = newestRestic()): Readonly<Record<string, string>> => ({
    HOLDFAST_CONFIG: configFile,
    XDG_STATE_HOME: folder,
    XDG_CACHE_HOME: path.join(folder, "cache"),
    HOLDFAST_RESTIC: restic,
  });
  return {
    folder,
    configFile,
    stateFolder,
    files: path.join(folder, "files"),
    settings,
    secrets: secretsOf(settings),
    environment,
    run: async (words, { restic, ...options } = {}) =>
      await runHoldfast(words, {
        ...options,
        environment: { ...environment(restic), ...options.environment },
      }),
    with: (changes) => hostOf(folder, { ...settings, ...changes }),
    remove: async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function secretsOf({ password, keys }: HostSettings): readonly string[] {
  const ofKeys = Object.values(keys).flatMap(({ secretKey, sessionToken }) => [
    secretKey.reveal(),
    ...(sessionToken === null ? [] : [sessionToken.reveal()]),
  ]);
  return [password, ...ofKeys].filter((secret) => secret !== "");
}

function writeConfiguration(folder: string, settings: HostSettings): string {
  const secret = (name: string, value: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, `${value}\n`, { mode: 0o600 });
    return JSON.stringify(`file:${file}`);
  };
  const keyLines = Object.entries(settings.keys).map(([role, key]) => {
    const token =
      key.sessionToken === null ? "" : `, session-token: ${secret(`${role}.token`, key.sessionToken.reveal())}`;
    const id = secret(`${role}.id`, key.accessKey);
    return `      ${role}: { access-key: ${id}, secret-key: ${secret(`${role}.key`, key.secretKey.reveal())}${token} }`;
  });
  const backup = [`paths: ${JSON.stringify(settings.paths)}`, ...settings.backup].join(", ");
  const lines = [
    "repositories:",
    "  home:",
    `    location: ${JSON.stringify(settings.location)}`,
    `    provider: ${settings.provider}`,
    ...(settings.caFile === null ? [] : [`    ca-file: ${JSON.stringify(settings.caFile)}`]),
    `    password: ${secret("password", settings.password)}`,
    "    keys:",
    ...keyLines,
    `    backup: { ${backup} }`,
    `    retention: { ${settings.retention ?? "keep-last: 1"} }`,
  ];
  const file = path.join(folder, "config.yaml");
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  chmodSync(folder, 0o700);
  return file;
}
