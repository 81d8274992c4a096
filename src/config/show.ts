import { Document, isMap, isScalar, type Pair } from "yaml";
import { formatDuration } from "../base/duration.ts";
import type { Configuration, KeyReferences, RepositoryConfiguration } from "./configuration.ts";
import { spellSecretReference } from "./secret-reference.ts";

/** What a repository has where its file says nothing. */
const defaults: Readonly<Record<string, unknown>> = { provider: "generic", "bucket-lookup": "auto" };

/** The effective configuration as YAML: secrets as their references, defaults marked with a comment. */
export function showConfiguration(configuration: Configuration): string {
  const repositories = [...configuration.repositories.values()].map((each) => [each.name, written(each)] as const);
  const document = new Document({ repositories: Object.fromEntries(repositories) });
  const all = document.get("repositories");
  if (isMap(all)) for (const { value } of all.items) if (isMap(value)) value.items.forEach(markDefault);
  return document.toString({ lineWidth: 0 });
}

function markDefault(pair: Pair): void {
  if (!isScalar(pair.key) || !isScalar(pair.value)) return;
  if (defaults[String(pair.key.value)] === pair.value.value) pair.value.comment = " default";
}

function written(repository: RepositoryConfiguration): Readonly<Record<string, unknown>> {
  const { recoveryWindow, backup, retention } = repository;
  return withoutAbsent({
    location: repository.location.spelling,
    provider: repository.provider,
    region: repository.region,
    "bucket-lookup": repository.bucketLookup,
    "ca-file": repository.caFile,
    password: spellSecretReference(repository.password),
    "recovery-window": recoveryWindow === null ? null : formatDuration(recoveryWindow).replaceAll(" ", ""),
    keys: Object.fromEntries([...repository.keys].map(([role, key]) => [role, writtenKey(key)])),
    backup: backup === null ? null : withoutAbsent({ ...backup }),
    retention: retention === null ? null : withoutAbsent({ "group-by": "host,paths", ...retention }),
  });
}

function writtenKey(key: KeyReferences): Readonly<Record<string, unknown>> {
  return withoutAbsent({
    "access-key": spellSecretReference(key.accessKey),
    "secret-key": spellSecretReference(key.secretKey),
    "session-token": key.sessionToken === null ? null : spellSecretReference(key.sessionToken),
  });
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
