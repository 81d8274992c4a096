import { parseDuration, type Duration } from "../base/duration.ts";
import { Failure } from "../base/failure.ts";
import { parseRepositoryLocation, type RepositoryLocation } from "../base/repository-location.ts";
import { roles, type Role } from "../base/role.ts";
import type { BackupOptions } from "../restic/arguments/backup.ts";
import type { BackupFields } from "./backup-schema.ts";
import type { ProviderName } from "./known-providers.ts";
import { retentionDefaults } from "./retention-defaults.ts";
import type { RetentionFields } from "./retention-schema.ts";
import type { ConfigurationFields, KeyFields, RepositoryFields } from "./schema.ts";
import { parseSecretReference, type SecretReference } from "./secret-reference.ts";

/** Where the parts of one role's key are found. */
export interface KeyReferences {
  readonly accessKey: SecretReference;
  readonly secretKey: SecretReference;
  readonly sessionToken: SecretReference | null;
}

type RetentionDefault = keyof typeof retentionDefaults;

/** What to keep, under restic's own names; lists are lists here even where the file gives one text. */
export type RetentionConfiguration = Omit<RetentionFields, "keep-tag" | RetentionDefault> & {
  readonly "keep-tag"?: readonly string[];
} & { readonly [Key in RetentionDefault]: Exclude<RetentionFields[Key], undefined> };

/** One repository as this host sees it: checked, with defaults filled in. Holds no secret. */
export interface RepositoryConfiguration {
  readonly name: string;
  readonly location: RepositoryLocation;
  readonly provider: ProviderName;
  readonly region: string | null;
  readonly bucketLookup: "auto" | "dns" | "path";
  readonly caFile: string | null;
  /** Null on a host that never runs restic: a monitor, a purger, a rescuer. See `passwordOf`. */
  readonly password: SecretReference | null;
  readonly recoveryWindow: Duration | null;
  readonly keys: ReadonlyMap<Role, KeyReferences>;
  readonly backup: BackupOptions | null;
  readonly retention: RetentionConfiguration | null;
  /** The keys that the file leaves out and a default fills, from the repository's own map: `retention.group-by`. */
  readonly defaulted: ReadonlySet<string>;
}

export interface Configuration {
  /** In the order of the file. */
  readonly repositories: ReadonlyMap<string, RepositoryConfiguration>;
}

/** The password's reference; fails with `config` on a host that has none. */
export function passwordOf(repository: RepositoryConfiguration): SecretReference {
  if (repository.password !== null) return repository.password;
  throw new Failure({
    kind: "config",
    action: "open the repository",
    subject: repository.name,
    problem: "this host's configuration has no password for it",
    hint: `add repositories.${repository.name}.password to the configuration`,
  });
}

/** Turns checked fields into the typed form. */
export function normalise(fields: ConfigurationFields): Configuration {
  const named = Object.entries(fields.repositories);
  return { repositories: new Map(named.map(([name, repository]) => [name, repositoryOf(name, repository)])) };
}

function repositoryOf(name: string, fields: RepositoryFields): RepositoryConfiguration {
  const place = `repositories.${name}`;
  return {
    name,
    location: certain(parseRepositoryLocation(fields.location), `${place}.location`),
    provider: fields.provider ?? "generic",
    region: fields.region ?? null,
    bucketLookup: fields["bucket-lookup"] ?? "auto",
    caFile: fields["ca-file"] ?? null,
    password: fields.password === undefined ? null : reference(fields.password, `${place}.password`),
    recoveryWindow: fields["recovery-window"] === undefined ? null : parseDuration(fields["recovery-window"]),
    keys: keyReferences(fields.keys, `${place}.keys`),
    backup: fields.backup === undefined ? null : backupOptions(fields.backup),
    retention: fields.retention === undefined ? null : retentionRules(fields.retention),
    defaulted: new Set([
      ...(["provider", "bucket-lookup"] as const).filter((key) => fields[key] === undefined),
      ...defaultedRules(fields.retention),
    ]),
  };
}

function keyReferences(keys: RepositoryFields["keys"], place: string): ReadonlyMap<Role, KeyReferences> {
  return new Map(
    roles.flatMap((role) => {
      const key = keys[role];
      return key === undefined ? [] : [[role, keyReferencesOf(key, `${place}.${role}`)] as const];
    }),
  );
}

function keyReferencesOf(key: KeyFields, place: string): KeyReferences {
  const token = key["session-token"];
  return {
    accessKey: reference(key["access-key"], `${place}.access-key`),
    secretKey: reference(key["secret-key"], `${place}.secret-key`),
    sessionToken: token === undefined ? null : reference(token, `${place}.session-token`),
  };
}

function reference(text: string, keyPath: string): SecretReference {
  return certain(parseSecretReference(text, keyPath), keyPath);
}

function backupOptions(fields: BackupFields): BackupOptions {
  return {
    ...fields,
    paths: list(fields.paths) ?? [],
    exclude: list(fields.exclude),
    iexclude: list(fields.iexclude),
    "exclude-file": list(fields["exclude-file"]),
    "exclude-if-present": list(fields["exclude-if-present"]),
    "files-from": list(fields["files-from"]),
    tag: list(fields.tag),
  };
}

function retentionRules({ "keep-tag": tags, ...rules }: RetentionFields): RetentionConfiguration {
  const listed = list(tags);
  const given = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
  const tagged = listed === undefined ? {} : { "keep-tag": listed };
  return { ...given, ...tagged, ...retentionDefaults, ...given };
}

function defaultedRules(fields: RetentionFields | undefined): readonly string[] {
  if (fields === undefined) return [];
  const names = Object.keys(retentionDefaults) as readonly RetentionDefault[];
  return names.filter((name) => fields[name] === undefined).map((name) => `retention.${name}`);
}

function list(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === "string" ? [value] : value;
}

function certain<T>(value: T | null, place: string): T {
  if (value === null) throw new RangeError(`${place} passed the schema and cannot be read`);
  return value;
}
