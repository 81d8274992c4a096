import { createHash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { objectKey, type ObjectKey } from "../base/object-key.ts";
import { displayLocation, type RepositoryLocation } from "../base/repository-location.ts";
import type { Role } from "../base/role.ts";
import type { HistoryRow } from "../store/object-version.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import type { TrialDoor } from "../store/trial-door.ts";
import type { PurgingStore, Versioning } from "../store/versioned-store.ts";
import type { Outcome } from "./outcome.ts";
import { canaryLockPrefix } from "../restic/layout.ts";
import { ifAllowed } from "./answer.ts";
import { attempts, quickAttempts } from "./attempts.ts";
import { whyNoCanary } from "./canary-lock.ts";
import { checkOf, type Check } from "./check.ts";
import { Thief } from "./thief.ts";

/** One of this host's keys, as a thief of it would have it and as Holdfast does. */
export interface AuditedKey {
  readonly role: Role;
  /** Its id; no secret. */
  readonly accessKey: string;
  readonly door: TrialDoor;
  readonly store: PurgingStore;
}

export interface AuditRequest {
  /** Every key of this host: those that are not tried help to look and to clear up. */
  readonly keys: readonly AuditedKey[];
  /** The roles to try. */
  readonly roles: readonly Role[];
  readonly location: RepositoryLocation;
  readonly profile: ProviderProfile;
  readonly quick: boolean;
  readonly clock: Clock;
  readonly random: () => string;
  readonly signal: AbortSignal;
  /** Told before each attempt. */
  readonly onAttempt: (attempt: {
    readonly role: Role;
    readonly name: string;
    readonly n: number;
    readonly of: number;
  }) => void;
  readonly onCheck: (check: Check) => void;
}

/**
 * Tries with each key what a thief of it would. Puts canaries and takes them away again as far as a key of this host may;
 * touches no object of the repository and changes no setting. Fails with `refused` on a bucket that keeps no versions, and
 * as the store fails where it does not know a key or does not answer at all.
 */
export async function auditKeys(request: AuditRequest): Promise<readonly Check[]> {
  const { keys, roles, signal } = request;
  const tried = keys.filter(({ role }) => roles.includes(role));
  for (const key of tried) await requireKnown(key, request.location);
  await requireVersions(request);
  const checks: Check[] = [];
  for (const key of tried) {
    const thief = await thiefOf(request, key);
    try {
      checks.push(...(await tryAll(request, thief)));
    } finally {
      await clearUp(thief.touched, { own: key, keys });
    }
    signal.throwIfAborted();
  }
  return checks;
}

async function tryAll(
  { quick, profile, signal, onAttempt, onCheck }: AuditRequest,
  thief: Thief,
): Promise<readonly Check[]> {
  const { role, place } = thief;
  const all = quick ? quickAttempts : attempts;
  const checks: Check[] = [];
  for (const [index, attempt] of all.entries()) {
    signal.throwIfAborted();
    onAttempt({ role, name: attempt.name, n: index + 1, of: all.length });
    const forms: readonly Outcome[] = await attempt.tryIt(thief);
    const check = checkOf({ attempt, role, profile, place, forms });
    checks.push(check);
    onCheck(check);
  }
  return checks;
}

async function thiefOf({ keys, location, profile, random, clock }: AuditRequest, key: AuditedKey): Promise<Thief> {
  const { role, door } = key;
  const witnesses = [...keys].filter((each) => each !== key).sort(byPower);
  const stores = [key, ...witnesses].map(({ store }) => store);
  const mark = createHash("sha256").update(key.accessKey).digest("hex").slice(0, 8);
  const canary = objectKey(`${location.prefix}${canaryLockPrefix}audit-${mark}`);
  return new Thief({
    role,
    door,
    place: { bucket: location.bucket, prefix: location.prefix },
    profile,
    witnesses: witnesses.map((each) => each.door),
    mark,
    random,
    clock,
    noCanaries: await whyNoCanary({ stores, door, key: canary, clock }),
  });
}

const byMight: readonly Role[] = ["rescuer", "purger", "pruner", "monitor", "writer"];

function byPower(one: AuditedKey, other: AuditedKey): number {
  return byMight.indexOf(one.role) - byMight.indexOf(other.role);
}

/** As far as any key of this host may ask; where none may, the trials themselves tell. */
async function requireVersions({ keys, location, profile }: AuditRequest): Promise<void> {
  const said: Versioning[] = [];
  for (const { store } of keys) {
    const versioning = await ifAllowed(async () => await store.versioning());
    if (versioning !== null) said.push(versioning);
  }
  const hasNone = (among: readonly Versioning[]): boolean =>
    said.length > 0 && said.every((each) => among.includes(each));
  const isHopeless = profile.versioning.value === "none" || hasNone(["unsupported"]);
  if (!isHopeless && !hasNone(["off", "unsupported"])) return;
  throw new Failure({
    kind: "refused",
    action: "audit the keys of",
    subject: displayLocation(location),
    problem: "there are no versions here: whoever may overwrite or delete destroys, and no policy changes that",
    hint: isHopeless
      ? "keep the repository on a store that keeps versions, or behind rest-server --append-only: see docs/keys.md"
      : "turn the bucket's versioning on, then audit again: holdfast init does it for a new repository",
  });
}

/** A key that the store does not know would be refused everything, which proves nothing: asked by what every key may try. */
async function requireKnown({ door }: AuditedKey, { prefix }: RepositoryLocation): Promise<void> {
  const query = { "list-type": "2", prefix, "max-keys": "1" };
  await door.send({ operation: "ListObjectsV2", method: "GET", target: { kind: "bucket" }, query });
}

interface Hands {
  readonly own: AuditedKey;
  readonly keys: readonly AuditedKey[];
}

/** Destroys what is left of the canaries, with a key that may; else hides them with the thief's own, or whichever may. */
async function clearUp(touched: readonly ObjectKey[], { own, keys }: Hands): Promise<void> {
  const others = keys.filter((key) => key !== own).sort(byPower);
  const cleaners = [...keys].sort(byPower).filter(({ role }) => role === "rescuer" || role === "purger");
  for (const key of touched) {
    const isGone = await anyOf(cleaners, async ({ store }) => await destroyAll(store, key));
    if (!isGone) await anyOf([own, ...others], async ({ door }) => await hide(door, key));
  }
}

async function anyOf(keys: readonly AuditedKey[], act: (key: AuditedKey) => Promise<boolean>): Promise<boolean> {
  for (const key of keys) if ((await unlessFailed(async () => await act(key))) === true) return true;
  return false;
}

/** What cannot be cleared away stays under a name that counts as nothing anywhere. */
async function unlessFailed<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Failure && error.kind !== "defect") return null;
    throw error;
  }
}

async function destroyAll(store: PurgingStore, key: ObjectKey): Promise<boolean> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions(key)) rows.push(...page.filter((row) => row.key === key));
  const outcomes = await store.destroyVersions(rows);
  return outcomes.every(({ error }) => error === null);
}

/** Where nothing shows nothing is hidden: a marker would only be one more row. */
async function hide(door: TrialDoor, key: ObjectKey): Promise<boolean> {
  const target = { kind: "object", key } as const;
  const shown = await door.send({ operation: "GetObject", method: "GET", target, headers: { range: "bytes=0-0" } });
  if (shown.status === 404) return true;
  const reply = await door.send({ operation: "DeleteObject", method: "DELETE", target });
  return reply.status < 300;
}
