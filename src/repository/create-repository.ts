import { createHash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import type { Finding } from "../base/finding.ts";
import { objectKey, type ObjectKey } from "../base/object-key.ts";
import { displayLocation } from "../base/repository-location.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { catConfigArguments } from "../restic/arguments/cat-config.ts";
import { initArguments } from "../restic/arguments/init.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import type { PurgingStore, Versioning } from "../store/versioned-store.ts";
import { providerFindings } from "./provider-findings.ts";
import { recordedConfigHash, saveRecord } from "./repository-record.ts";
import { failureIn, readRestic, type ResticRun } from "./run-restic.ts";
import { verifyVersioning } from "./verify-versioning.ts";

export interface CreateRequest extends ResticRun {
  readonly store: PurgingStore;
  readonly profile: ProviderProfile;
  readonly clock: Clock;
  readonly state: StateFolder;
  readonly dryRun: boolean;
  /** Told what is done, as it is done. */
  readonly onStep: (text: string) => void;
}

export interface CreateResult {
  /** Null on a dry run that would make one. */
  readonly repositoryId: string | null;
  readonly versioning: Versioning;
  readonly created: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Makes a repository in a bucket that keeps versions, or says that one is there which this password opens, and then
 * changes nothing. Versioning is turned on before anything is written and proven by a canary in any case, so that no
 * object of the repository is ever without a history. Can be run again after it was stopped anywhere.
 *
 * Fails with `refused` for a bucket that does not exist (restic would make one without versions), a store without
 * versions, and a prefix where anything stands; `wrong-password` for somebody else's repository; `store-denied` when the
 * key may not do a step, saying where to do it instead.
 */
export async function createRepository(request: CreateRequest): Promise<CreateResult> {
  const versioning = await versioningOf(request);
  const findings = providerFindings(request.profile);
  const there = await openConfig(request);
  if (there !== null) {
    if (versioning === "off" || versioning === "suspended") throw keepsNoVersions(request, versioning);
    await recordWhereSafe(request, there);
    return { repositoryId: there, versioning, created: false, findings };
  }
  const leftOver = await leftOverKeys(request);
  if (request.dryRun) return { repositoryId: null, versioning, created: true, findings };
  if (versioning !== "enabled") await turnVersioningOn(request);
  request.onStep("proving that the bucket keeps versions");
  await guarded(request, () => verifyVersioning({ ...request, location: request.session.access.location }));
  if (leftOver.length > 0) await hideLeftOver(request, leftOver);
  request.onStep("making the repository");
  const repositoryId = await initialise(request);
  await record(request, repositoryId);
  return { repositoryId, versioning: "enabled", created: true, findings };
}

async function versioningOf({ store, session, profile }: CreateRequest): Promise<Versioning> {
  try {
    const versioning = await store.versioning();
    if (versioning !== "unsupported") return versioning;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "no-repository") throw error;
    throw refusal(session, "the bucket does not exist, and restic would make one without versions", {
      hint: `make the bucket ${session.access.location.bucket} at the store, then run this again`,
    });
  }
  throw refusal(session, `${profile.title} keeps no versions`, {
    hint: "choose a store that keeps versions (docs/keys.md); restic alone works here, without Holdfast's promise",
    details: { lost: "an intruder's overwrite or delete is final here: no rollback, no key that cannot destroy" },
  });
}

/** The id of the repository that this password opens, or null where there is none. */
async function openConfig(request: CreateRequest): Promise<string | null> {
  const { session } = request;
  const outcome = await readRestic(request, catConfigArguments(session.access));
  const failure = failureIn(session, "open", outcome);
  if (failure?.kind === "no-repository") return null;
  if (failure !== null) throw failure;
  return idOf(outcome.stdout.join("\n"));
}

function idOf(config: string): string {
  return /"id":\s*"([0-9a-f]{64})"/.exec(config)?.[1] ?? "";
}

/**
 * What an init that was stopped between its two writes leaves: keys, and nothing else ever. Fails with `refused` where
 * anything more stands or stood under the prefix.
 */
async function leftOverKeys(request: CreateRequest): Promise<readonly ObjectKey[]> {
  const { store, session } = request;
  const { prefix } = session.access.location;
  const keys = new Set<ObjectKey>();
  await guarded(request, async () => {
    for await (const page of store.listVersions(prefix)) {
      for (const row of page) {
        const { kind } = repositoryObject(row.key.slice(prefix.length));
        if (kind === "canary") continue;
        if (kind !== "keys") throw notEmpty(request, row);
        if (row.isLatest && row.kind === "version") keys.add(row.key);
      }
    }
  });
  return [...keys];
}

async function hideLeftOver(request: CreateRequest, keys: readonly ObjectKey[]): Promise<void> {
  request.onStep("hiding the key that an earlier, stopped init left");
  const outcomes = await guarded(request, () => request.store.hide(keys));
  const refused = outcomes.find(({ error }) => error !== null);
  if (refused !== undefined) throw needsAnotherKey(request, `the store refused to hide ${refused.key}`);
}

async function turnVersioningOn(request: CreateRequest): Promise<void> {
  request.onStep("turning versioning on");
  await guarded(request, () => request.store.enableVersioning());
}

async function initialise(request: CreateRequest): Promise<string> {
  const { session } = request;
  const failure = failureIn(session, "make the repository", await readRestic(request, initArguments(session.access)));
  if (failure?.kind === "store-denied") throw needsAnotherKey(request, "the store refused to write a key or config");
  if (failure !== null) throw failure;
  return (await openConfig(request)) ?? "";
}

/** A config that ever had a second version may be an intruder's: its hash is not taken on trust. */
async function recordWhereSafe(request: CreateRequest, repositoryId: string): Promise<void> {
  const { store, session, state } = request;
  if (request.dryRun || (await recordedConfigHash(state, session.access.name)) !== null) return;
  const rows: HistoryRow[] = [];
  const key = configKey(request);
  try {
    for await (const page of store.listVersions(key)) rows.push(...page.filter((row) => row.key === key));
  } catch (error) {
    if (error instanceof Failure && error.kind === "store-denied") return;
    throw error;
  }
  if (rows.length === 1) await record(request, repositoryId);
}

async function record(request: CreateRequest, repositoryId: string): Promise<void> {
  const content = await request.store.read(configKey(request), null);
  if (content === null) return;
  const hash = createHash("sha256");
  for await (const part of content.bytes) hash.update(part);
  const recordedAt = request.clock.now();
  const configSha256 = hash.digest("hex");
  await saveRecord(request.state, request.session.access.name, { repositoryId, configSha256, recordedAt });
}

function configKey({ session }: CreateRequest): ObjectKey {
  return objectKey(`${session.access.location.prefix}config`);
}

/** A step that the key may not do becomes a failure that says which key may. */
async function guarded<T>(request: CreateRequest, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Failure && error.kind === "store-denied") throw needsAnotherKey(request, error.problem);
    if (error instanceof Failure && error.kind === "store-misbehaves" && /NotImplemented/.test(error.problem)) {
      throw refusal(request.session, "the store keeps no versions (NotImplemented)", {
        hint: "choose a store that keeps versions (docs/keys.md)",
      });
    }
    throw error;
  }
}

function needsAnotherKey({ session }: CreateRequest, problem: string): Failure {
  const { name, credentials } = session.access;
  return new Failure({
    kind: "store-denied",
    action: "make the repository",
    subject: name,
    problem,
    hint: `run this once where the rescuer's key is: holdfast init ${name} --role rescuer`,
    details: { key: credentials.role, needs: "to list versions, to turn versioning on, and to write keys/ and config" },
  });
}

function keepsNoVersions({ session }: CreateRequest, versioning: Versioning): Failure {
  const { name, location } = session.access;
  return refusal(session, `the repository is there, and versioning of its bucket is ${versioning}`, {
    hint: `turn it on at the store for the bucket ${location.bucket}, then: holdfast init ${name}`,
    details: { lost: "what is overwritten or deleted until then cannot be brought back" },
  });
}

function notEmpty({ session }: CreateRequest, row: HistoryRow): Failure {
  const what = row.kind === "marker" ? "a deleted object" : row.isLatest ? "an object" : "an older version";
  return refusal(session, `something stands or stood there: ${what} ${row.key}`, {
    hint: `choose another prefix; or, if a repository was destroyed there: holdfast rollback plan ${session.access.name} --to T`,
  });
}

interface RefusalWords {
  readonly hint: string;
  readonly details?: Readonly<Record<string, string>>;
}

function refusal({ access }: ResticRun["session"], problem: string, words: RefusalWords): Failure {
  return new Failure({
    kind: "refused",
    action: "make a repository in",
    subject: displayLocation(access.location),
    problem,
    ...words,
  });
}
