import { createHash } from "node:crypto";
import { Failure } from "../base/failure.ts";
import { formatInstant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { damagedFile } from "../history/line-fields.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import type { RollbackPlan } from "./plan-file.ts";

/** restic renews a lock every 5 minutes and calls it stale after 30 (restic internal/repository, StaleLockTimeout). */
const lockLifetime = 30 * 60_000;

/** Fails with `refused` unless versioning is Enabled at this moment: any write would replace what is there in place. */
export async function requireVersioning(store: ReadableStore, plan: RollbackPlan): Promise<void> {
  const versioning = await store.versioning();
  if (versioning === "enabled") return;
  throw refused(plan, `versioning of the bucket is ${versioning}, not enabled`, {
    hint: "Turn versioning on (put-bucket-versioning, Status=Enabled), then run apply again.",
  });
}

/** For a write that the store answered under the id `null`: it took it while versioning was not Enabled. */
export function switchedOff(plan: RollbackPlan, key: ObjectKey): Failure {
  return refused(plan, `versioning was switched off under way: the store wrote ${key} under the id null`, {
    hint: "Take the stolen keys out of use, turn versioning on (put-bucket-versioning, Status=Enabled), then plan again.",
  });
}

/** Fails with `refused` where somebody holds a lock younger than 30 minutes, by the store's clock. */
export async function requireNoFreshLock(store: ReadableStore, plan: RollbackPlan): Promise<void> {
  const { prefix } = plan.header;
  const { store: now } = await store.readClock();
  for await (const object of store.listCurrent(`${prefix}locks/`)) {
    const isLock = repositoryObject(object.key.slice(prefix.length)).kind === "lock";
    if (!isLock || now - object.lastModified >= lockLifetime) continue;
    throw refused(plan, `somebody is writing: the lock ${object.key} is of ${formatInstant(object.lastModified)}`, {
      hint: "Stop backups and prune on every host, take the stolen keys out of use, and try again when it is gone.",
    });
  }
}

/** Where evidence may stand: in the state folder at hand, or else where the plan says it was written. */
export interface EvidencePlaces {
  readonly state: StateFolder;
  /** Null where there is no such file. */
  readonly readFile?: ((path: string) => Promise<string | null>) | undefined;
}

/**
 * The text of the evidence, and where it was found; `damaged-file`, naming the path that was tried, where what the plan
 * was made from is gone or is not the same any more.
 */
export async function requireEvidence(
  plan: RollbackPlan,
  { state, readFile }: EvidencePlaces,
): Promise<{ readonly text: string; readonly path: string }> {
  const { name, path: written, sha256 } = plan.header.evidence;
  const here = state.pathOf(name);
  const own = await state.read(name);
  const path = own === null && readFile !== undefined ? written : here;
  const text = own ?? (await readFile?.(written)) ?? null;
  const file = { what: "evidence", path };
  const tried = path === here ? "" : ` (nor at ${here})`;
  if (text === null) throw damagedFile(file, `it is not there${tried}, and no rollback writes without it`);
  const found = createHash("sha256").update(text).digest("hex");
  if (found !== sha256) throw damagedFile(file, "it is not what the plan was made from");
  return { text, path };
}

function refused(plan: RollbackPlan, problem: string, { hint }: { readonly hint: string }): Failure {
  return new Failure({ kind: "refused", action: "apply the plan for", subject: plan.header.repository, problem, hint });
}
