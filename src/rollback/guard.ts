import { Failure } from "../base/failure.ts";
import { formatInstant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { HeldLock, StateFolder, TextFile } from "../base/state-folder.ts";
import { damagedFile } from "../history/line-fields.ts";
import { readEvidence } from "../history/read-evidence.ts";
import { repositoryObject } from "../restic/layout.ts";
import { lockLifetime } from "../restic/lock-lifetime.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { planStem } from "./plan-stem.ts";

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

/**
 * The evidence of a plan, in the state folder at hand or else where the plan says it was written; `damaged-file`, naming
 * the path that was tried, where what the plan was made from is gone or is not the same any more.
 */
export async function requireEvidence(plan: RollbackPlan, state: StateFolder): Promise<TextFile> {
  const { name, path: written, sha256 } = plan.header.evidence;
  const file = (await state.open(name)) ?? (await state.open(written));
  if (file === null) {
    const here = state.pathOf(name);
    const tried = written === here ? "" : ` (nor at ${here})`;
    throw damagedFile(
      { what: "evidence", path: written },
      `it is not there${tried}, and no rollback writes without it`,
    );
  }
  if ((await file.sha256()) === sha256) return file;
  throw damagedFile({ what: "evidence", path: file.path }, "it is not what the plan was made from");
}

/** The rows of evidence, as they were listed; `damaged-file` where a page is not whole. */
export async function* evidencePages(file: TextFile): AsyncGenerator<readonly HistoryRow[]> {
  yield* (await readEvidence(file)).pages();
}

/**
 * Takes the lock under which a plan is applied or undone. `refused` where another process holds it, naming its id: two at
 * once would each take the other's writes for an intruder's.
 */
export async function lockPlan(plan: RollbackPlan, state: StateFolder): Promise<HeldLock> {
  const lock = await state.lock(`journals/${planStem(plan.header, plan.lastHash)}.lock`);
  if (lock.kind === "held") return lock;
  const since = formatInstant(lock.since);
  throw refused(plan, `process ${lock.pid} is at work on this plan since ${since}`, {
    hint: "Wait until it has ended, or stop it with Ctrl-C, then run the same command again.",
  });
}

function refused(plan: RollbackPlan, problem: string, { hint }: { readonly hint: string }): Failure {
  return new Failure({ kind: "refused", action: "apply the plan for", subject: plan.header.repository, problem, hint });
}
