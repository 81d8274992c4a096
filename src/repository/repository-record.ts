import { Failure } from "../base/failure.ts";
import { formatInstant, type Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";

/** What `init` wrote down about a repository, on the host that made it. */
export interface RepositoryRecord {
  readonly repositoryId: string;
  /** Of the object `config`, the only one that is not named by its hash. */
  readonly configSha256: string;
  readonly recordedAt: Instant;
}

function recordFile(name: string): string {
  return `repositories/${name}.json`;
}

export async function saveRecord(state: StateFolder, name: string, record: RepositoryRecord): Promise<void> {
  const fields = { ...record, recordedAt: formatInstant(record.recordedAt) };
  await state.replace(recordFile(name), `${JSON.stringify(fields, null, 2)}\n`);
}

/** The recorded SHA-256 of `config`, or null where this host has no record. Fails with `damaged-file`. */
export async function recordedConfigHash(state: StateFolder, name: string): Promise<string | null> {
  const text = await state.read(recordFile(name));
  if (text === null) return null;
  const hash = hashOf(text);
  if (hash !== null) return hash;
  throw new Failure({
    kind: "damaged-file",
    action: "read the record",
    subject: state.pathOf(recordFile(name)),
    problem: "it is not a record that init wrote",
    hint: "move it away; the config object then counts as unproven where it has a second version",
  });
}

function hashOf(text: string): string | null {
  try {
    const { configSha256: hash } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash) ? hash : null;
  } catch {
    return null;
  }
}
