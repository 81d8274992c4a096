import path from "node:path";
import { openStateFolder } from "../adapters/files/state-folder.ts";
import { readPackageFile } from "../adapters/files/package-files.ts";
import type { FoundRestic } from "../adapters/process/find-restic.ts";
import type { S3Access } from "../adapters/s3/s3-client.ts";
import type { Credentials } from "../base/credentials.ts";
import { parseDuration, type Duration } from "../base/duration.ts";
import { Failure } from "../base/failure.ts";
import type { Log } from "../base/log.ts";
import { isRole, roles, type Role } from "../base/role.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { passwordOf, type RepositoryConfiguration } from "../config/configuration.ts";
import { resolveSecret } from "../config/secret-reference.ts";
import { selectRepository } from "../config/select-repository.ts";
import { globalArguments } from "../restic/arguments/global.ts";
import { impatient } from "../restic/impatient-program.ts";
import { loggedProgram } from "../restic/logged-program.ts";
import { openSession, type ResticSession } from "../restic/restic-session.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import type { PurgingStore } from "../store/versioned-store.ts";
import type { CommandInput, Invocation } from "./invocation.ts";
import { loadConfiguration, secretSources } from "./load-configuration.ts";
import { stateFolderOf } from "./state-folder-of.ts";
import { tellHold } from "./tell-hold.ts";

/** How a long run wants its store. */
export interface StoreTuning {
  /** How many requests may be under way at once; 16 where it is left out. */
  readonly connections?: number | undefined;
  /** Told each request that was answered, and each that has to be sent again. */
  readonly onRequest?: () => void;
  readonly onRetry?: () => void;
}

/** One repository of the configuration, with what this run needs of it opened when it is asked for. */
export interface OpenedRepository {
  readonly name: string;
  readonly configuration: RepositoryConfiguration;
  readonly profile: ProviderProfile;
  /** The role to act as: `--role`, else the first of `preferred` that this host has a key for. Fails with `config`. */
  role(preferred: readonly Role[]): Role;
  session(role: Role): Promise<ResticSession>;
  /** All that is needed to reach the bucket as that role, for whoever opens a store of his own. */
  access(role: Role): Promise<S3Access>;
  /** Holds all three grades; a command takes only the one it needs. */
  store(role: Role, tuning?: StoreTuning): Promise<PurgingStore>;
  state(): Promise<StateFolder>;
  /** What `exec` puts before the user's own words. */
  resticFlags(session: ResticSession): readonly string[];
}

/**
 * Opens the repository that the command names, or the only one there is, for a command that runs restic: it is asked for
 * its version while the configuration is read. Reads the configuration and the profile.
 */
export async function openRepository(invocation: Invocation, input: CommandInput): Promise<OpenedRepository> {
  const found = searchRestic(invocation, input.text("restic"));
  // Looked at when a session is opened: a fault of the configuration is told first.
  found.catch(() => undefined);
  return await openNamedRepository(invocation, input, {
    name: input.words["repository"],
    restic: async () => await found,
  });
}

export interface NamedRepository {
  readonly name: string | undefined;
  /** The restic of its sessions; left out, it is looked for when the first is opened. */
  readonly restic?: () => Promise<FoundRestic>;
}

/** As `openRepository`, for commands that run no restic, or learn the name elsewhere: from a plan. */
export async function openNamedRepository(
  invocation: Invocation,
  input: CommandInput,
  { name, restic = async () => await searchRestic(invocation, input.text("restic")) }: NamedRepository,
): Promise<OpenedRepository> {
  const { configuration: all } = await loadConfiguration(invocation);
  const configuration = selectRepository(all, name);
  await tellHold(invocation, configuration.name);
  const profile = await loadProfile(configuration.provider);
  return {
    name: configuration.name,
    configuration,
    profile,
    role: (preferred) => chooseRole(configuration, preferred, input.text("role")),
    session: async (role) => await resticSession(invocation, configuration, { role, restic }),
    access: async (role) => await accessOf(invocation, configuration, { role, profile }),
    store: async (role, tuning = {}) =>
      await openStore(invocation, await accessOf(invocation, configuration, { role, profile }), tuning),
    state: async () => await openState(invocation),
    resticFlags: (session) => globalArguments(session.access),
  };
}

/** The state folder of this run. */
export async function openState(invocation: Invocation): Promise<StateFolder> {
  const folder = stateFolderOf(invocation);
  if (folder !== null) return await openStateFolder(path.resolve(folder));
  throw new Failure({
    kind: "state-unwritable",
    action: "find",
    subject: "the state folder",
    problem: "there is no HOME to put it under",
    hint: "name one: --state-dir DIR",
  });
}

/** The profile of a provider. Fails with `config` for a name that has none. */
export async function loadProfile(provider: string): Promise<ProviderProfile> {
  const file = `profiles/${provider}.yaml`;
  const text = await readPackageFile(file);
  if (text !== null) return await import("../config/profiles.ts").then(({ parseProfile }) => parseProfile(text, file));
  throw new Failure({
    kind: "config",
    action: "use the provider",
    subject: provider,
    problem: "there is no profile of that name",
    hint: "see profiles/ for the names; generic assumes little",
  });
}

function chooseRole(
  configuration: RepositoryConfiguration,
  preferred: readonly Role[],
  flag: string | undefined,
): Role {
  if (flag !== undefined && !isRole(flag)) throw unknownRole(flag);
  const wanted = flag === undefined ? preferred : [flag];
  const chosen = wanted.find((role) => configuration.keys.has(role));
  if (chosen !== undefined) return chosen;
  const present = [...configuration.keys.keys()].join(", ") || "none";
  throw new Failure({
    kind: "config",
    action: "act as",
    subject: wanted.join(" or "),
    problem: `this host has no such key for ${configuration.name} (it has: ${present})`,
    hint: `run this on the host that holds it, or add repositories.${configuration.name}.keys.${wanted[0] ?? "writer"}`,
  });
}

function unknownRole(role: string): Failure {
  return new Failure({
    kind: "usage",
    action: "act as",
    subject: role,
    problem: "there is no such role",
    hint: `one of ${roles.join(", ")}`,
  });
}

interface SessionRequest {
  readonly role: Role;
  readonly restic: () => Promise<FoundRestic>;
}

async function searchRestic({ variables }: Invocation, flag: string | undefined): Promise<FoundRestic> {
  const { findRestic } = await import("../adapters/process/find-restic.ts");
  return await findRestic({ flag, variable: variables["HOLDFAST_RESTIC"], searchPath: variables["PATH"] });
}

async function resticSession(
  invocation: Invocation,
  configuration: RepositoryConfiguration,
  { role, restic }: SessionRequest,
): Promise<ResticSession> {
  const [found, credentials, password] = await Promise.all([
    restic(),
    credentialsOf(invocation, configuration, role),
    resolveSecret(passwordOf(configuration), secretSources(invocation)),
  ]);
  for (const warning of found.warnings) invocation.screen.note(`warning: ${warning}`);
  const { name, location, region, bucketLookup, caFile } = configuration;
  const access = { name, location, region, bucketLookup, caFile, password, credentials };
  const { log, clock } = invocation;
  const program = log === null ? found.program : loggedProgram(found.program, log, clock);
  return openSession(impatient(program), access, { variables: invocation.variables, cacheFolder: null });
}

interface StoreRequest {
  readonly role: Role;
  readonly profile: ProviderProfile;
}

async function accessOf(
  invocation: Invocation,
  configuration: RepositoryConfiguration,
  { role, profile }: StoreRequest,
): Promise<S3Access> {
  const { location, region, bucketLookup, caFile } = configuration;
  const credentials = await credentialsOf(invocation, configuration, role);
  return { location, region, bucketLookup, caFile, profile, credentials, clock: invocation.clock, log: invocation.log };
}

async function openStore(invocation: Invocation, access: S3Access, tuning: StoreTuning): Promise<PurgingStore> {
  const [{ openS3Store }, { retrying }] = await Promise.all([
    import("../adapters/s3/s3-store.ts"),
    import("../store/retrying-store.ts"),
  ]);
  const { clock, signal } = invocation;
  const { connections, onRequest, onRetry } = tuning;
  const log = onRequest === undefined ? (access.log ?? null) : counted(access.log ?? null, onRequest);
  const tuned = { ...access, log, ...(connections === undefined ? {} : { connections }) };
  const repeated = onRetry === undefined ? {} : { onRetry };
  return retrying(openS3Store({ ...tuned, ...repeated }), {
    clock,
    signal,
    hideIsIdempotent: access.profile.markers.value === "single",
    onRetry: (failure, wait) => {
      onRetry?.();
      invocation.screen.note(`  ${failure.message}; again in ${wait / 1000} s`);
    },
  });
}

/** The log is told every request, once. */
function counted(log: Log | null, onRequest: () => void): Log {
  return {
    debug: (message, fields) => {
      onRequest();
      log?.debug(message, fields);
    },
  };
}

async function credentialsOf(
  invocation: Invocation,
  configuration: RepositoryConfiguration,
  role: Role,
): Promise<Credentials> {
  const key = configuration.keys.get(role);
  if (key === undefined) throw new RangeError(`${role} was not chosen from the configuration`);
  const sources = secretSources(invocation);
  const [accessKey, secretKey, sessionToken] = await Promise.all([
    resolveSecret(key.accessKey, sources),
    resolveSecret(key.secretKey, sources),
    key.sessionToken === null ? null : resolveSecret(key.sessionToken, sources),
  ]);
  return { role, accessKey: accessKey.reveal(), secretKey, sessionToken };
}

/** A flag that holds a length of time, or undefined. Fails with `usage` where it cannot be read; 0 is none at all. */
export function durationFlag(input: CommandInput, flag: string): Duration | null {
  const text = input.text(flag);
  if (text === undefined) return null;
  const duration = /^0[smhdw]?$/.test(text) ? (0 as Duration) : parseDuration(text);
  if (duration !== null) return duration;
  throw new Failure({
    kind: "usage",
    action: "read the length of time",
    subject: `--${flag} ${text}`,
    problem: "it is written otherwise",
    hint: `--${flag} 90s, 15m or 2h`,
  });
}
