import { Document, isScalar } from "yaml";
import type { Duration } from "../base/duration.ts";
import type { Configuration, KeyReferences, RepositoryConfiguration } from "./configuration.ts";
import { spellSecretReference } from "./secret-reference.ts";

/** The effective configuration as YAML: secrets as their references, defaults marked with a comment. */
export function showConfiguration(configuration: Configuration): string {
  const repositories = [...configuration.repositories.values()];
  const document = new Document({
    repositories: Object.fromEntries(repositories.map((each) => [each.name, written(each)])),
  });
  for (const { name, defaulted } of repositories) {
    for (const key of defaulted) {
      const node = document.getIn(["repositories", name, ...key.split(".")], true);
      if (isScalar(node)) node.comment = " default";
    }
  }
  return document.toString({ lineWidth: 0 });
}

function written(repository: RepositoryConfiguration): Readonly<Record<string, unknown>> {
  const { recoveryWindow, backup, retention } = repository;
  return withoutAbsent({
    location: repository.location.spelling,
    provider: repository.provider,
    region: repository.region,
    "bucket-lookup": repository.bucketLookup,
    "ca-file": repository.caFile,
    password: repository.password === null ? null : spellSecretReference(repository.password),
    "recovery-window": recoveryWindow === null ? null : spellDuration(recoveryWindow),
    keys: Object.fromEntries([...repository.keys].map(([role, key]) => [role, writtenKey(key)])),
    backup:
      backup === null ? null : withoutAbsent({ ...backup, paths: backup.paths.length === 0 ? null : backup.paths }),
    retention: retention === null ? null : withoutAbsent({ ...retention }),
  });
}

function writtenKey(key: KeyReferences): Readonly<Record<string, unknown>> {
  return withoutAbsent({
    "access-key": spellSecretReference(key.accessKey),
    "secret-key": spellSecretReference(key.secretKey),
    "session-token": key.sessionToken === null ? null : spellSecretReference(key.sessionToken),
  });
}

/** Exactly, unlike the rounded form for screens. */
function spellDuration(duration: Duration): string {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
  let left: number = duration;
  let spelling = "";
  for (const [unit, size] of Object.entries(units)) {
    if (left >= size) spelling += `${Math.floor(left / size)}${unit}`;
    left %= size;
  }
  return spelling;
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
