import type { ObjectKey } from "../../base/object-key.ts";
import type { TrialDoor, TrialReply, TrialRequest } from "../../store/trial-door.ts";
import { canaryLockPrefix, canaryName } from "../../restic/layout.ts";
import { orError, orErrors, outcomeOf, tryForm, verdictOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import { isCanary, unreadVersion, type Canary, type Thief } from "../thief.ts";
import { withMd5 } from "./with-md5.ts";

const folders = ["data/00/", "index/", "snapshots/", "keys/"] as const;

/** Deletes names that never were: where it is allowed a marker is left, of a name that is none of restic's. */
export const deleteObject: Attempt = {
  name: "delete an object",
  cost: "objects vanish until a rollback lifts the markers; the versions stay",
  needs: { right: "hide", area: "data/" },
  actions: ["s3:DeleteObject"],
  on: "objects",
  tryIt: async (thief) =>
    await oneAfterTheOther(folders, async (folder) => {
      const key = thief.canaryIn(folder);
      return await tryForm(thief.door, { form: `under ${folder}`, request: deletion(key) });
    }),
};

export const removeLock: Attempt = {
  name: "remove its locks",
  cost: "whoever may remove a lock can let two prunes run at once; restic has to",
  needs: { right: "hide", area: "locks/" },
  actions: ["s3:DeleteObject"],
  on: "objects",
  tryIt: async (thief) => {
    thief.spendCanary();
    return [await tryForm(thief.door, { form: "a canary", request: deletion(thief.lockCanary()) })];
  },
};

/** What version ids look like: MinIO's and RustFS's; that of AWS, Ceph and SeaweedFS. */
const idForms: readonly ((random: string) => string)[] = [
  (hex) => `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
  (hex) => hex,
  (hex) => `01${hex.slice(0, 24).toUpperCase()}`,
];

/**
 * Destroys a version of a canary, where this key may put one, and elsewhere versions that never were: a store looks at the
 * right first and finds nothing to destroy then. Lifting a marker takes the same right and is tried with it.
 */
export const destroyVersion: Attempt = {
  name: "destroy a version",
  cost: "what is destroyed cannot be brought back by anybody",
  needs: { right: "destroy version", area: "data/" },
  actions: ["s3:DeleteObjectVersion"],
  on: "objects",
  tryIt: async (thief) => [
    ...(await onCanary(thief)),
    ...(await oneAfterTheOther(folders, async (folder) => await madeUpVersion(thief, folder))),
  ],
};

/** The quick form of it: on a canary, or on a version that never was. */
export async function destroyCanary(thief: Thief): Promise<readonly Outcome[]> {
  const tried = await onCanary(thief);
  return tried.length > 0 ? tried : [await madeUpVersion(thief, "data/00/")];
}

/** Nothing where this key may put none. */
async function onCanary(thief: Thief): Promise<readonly Outcome[]> {
  return await orErrors("a canary", async () => {
    const laid = await thief.canary();
    if (!isCanary(laid)) {
      const outcome = outcomeOf("a canary", laid);
      return outcome.got === "error" ? [outcome] : [];
    }
    thief.spendCanary();
    return await destroyEach(thief, laid);
  });
}

async function destroyEach(thief: Thief, { key, first, second }: Canary): Promise<readonly Outcome[]> {
  const marker = await hideCanary(thief, key);
  const entries = [
    { form: "single", id: first.id, send: single },
    { form: "batch", id: second.id, send: batch },
    { form: "a marker", id: marker, send: single },
  ];
  const outcomes: Outcome[] = [];
  for (const { form, id, send } of entries) {
    if (id === null || id === "null") continue;
    outcomes.push(await orError(form, async () => await send(thief.door, { form, key, id })));
  }
  return outcomes;
}

/** The id of the marker; null where this key may not hide. */
async function hideCanary(thief: Thief, key: ObjectKey): Promise<string | null> {
  const reply = await thief.send(deletion(key));
  return reply.headers["x-amz-delete-marker"] === "true" ? (reply.headers["x-amz-version-id"] ?? null) : null;
}

interface Version {
  readonly form: string;
  readonly key: ObjectKey;
  readonly id: string;
}

async function single(door: TrialDoor, { form, key, id }: Version): Promise<Outcome> {
  return outcomeOf(form, await door.send(deletion(key, id)), absent);
}

const absent = ["NoSuchVersion", "NoSuchKey"];

/** A batch answers 200 and tells of each entry what became of it. */
async function batch(door: TrialDoor, { form, key, id }: Version): Promise<Outcome> {
  const entry = `<Object><Key>${escaped(key)}</Key><VersionId>${escaped(id)}</VersionId></Object>`;
  const request = {
    operation: "DeleteObjects",
    method: "POST",
    target: { kind: "bucket" },
    query: { delete: "" },
  } as const;
  const reply = await door.send(withMd5({ ...request, body: new TextEncoder().encode(`<Delete>${entry}</Delete>`) }));
  const isTold = reply.status >= 300 || /<(?:Deleted|Error)>/.test(reply.body);
  if (!isTold) return { form, got: "error", detail: "the store's answer names no entry" };
  return outcomeOf(form, entryOf(reply), absent);
}

/** The answer to the only entry of a batch, as if it had been asked for alone. */
function entryOf(reply: TrialReply): TrialReply {
  const code = /<Error>[\s\S]*?<Code>([^<]*)<\/Code>/.exec(reply.body)?.[1];
  if (reply.status >= 300 || code === undefined) return reply;
  return { ...reply, status: code === "AccessDenied" ? 403 : 400, code };
}

async function madeUpVersion(thief: Thief, folder: string): Promise<Outcome> {
  const form = `under ${folder}`;
  const key = thief.canaryIn(folder);
  return await orError(form, async () => {
    for (const idOf of idForms) {
      const reply = await thief.send(deletion(key, idOf(thief.random())));
      if (reply.code !== "InvalidArgument" && reply.code !== "InvalidVersionId") return outcomeOf(form, reply, absent);
    }
    return { form, got: "not tried", detail: "this store takes no made-up version id" };
  });
}

/**
 * MinIO's own header destroys every version of every key that begins so. Tried on names of 128 random bits alone, without a
 * slash at the end, after a listing has shown that nothing begins so.
 */
export const forcedDelete: Attempt = {
  name: "forced delete",
  cost: "all versions of a whole folder are gone at once",
  needs: "hole",
  actions: [],
  on: "objects",
  tryIt: async (thief) => [await orError("a canary", async () => await forceCanary(thief))],
};

async function forceCanary(thief: Thief): Promise<Outcome> {
  const form = "a canary";
  const key = thief.touch(`${canaryLockPrefix}audit-${thief.random()}`);
  const inFolder = thief.touch(`data/00/${canaryName}audit-${thief.random()}`);
  for (const each of [key, inFolder]) {
    const seen = await whatBeginsSo(thief, each);
    if (seen !== null) return { form, ...seen };
  }
  const outside = await thief.send(forced(inFolder));
  if (verdictOf(outside) !== "allowed") return outcomeOf(form, outside);
  const laid = await thief.layCanary(key);
  if (!isCanary(laid)) {
    const isKnown = thief.profile.policyVocabulary.value === "minio";
    const detail = "this key may put no canary, so it is not known whether the store heeds the header";
    return isKnown ? { form, got: "allowed", detail: "" } : { form, got: "not tried", detail };
  }
  const reply = await thief.send(forced(key));
  if (reply.status >= 300) return outcomeOf(form, reply);
  if (laid.first.id === null) return { form, got: "not tried", detail: "this store gives no version ids" };
  const seen = await thief.readVersion(key, laid.first.id);
  if (seen.kind === "gone") return { form, got: "allowed", detail: "the store heeds x-minio-force-delete" };
  if (seen.kind === "there") return { form, got: "refused", detail: "the store does not heed the header" };
  if (reply.headers["x-amz-delete-marker"] === "true")
    return { form, got: "refused", detail: "the store only sets a marker" };
  return { form, got: "not tried", detail: unreadVersion };
}

/** Null where nothing does; else why it may not be tried. */
async function whatBeginsSo(thief: Thief, key: ObjectKey): Promise<Omit<Outcome, "form"> | null> {
  const reply = await thief.askAny({
    operation: "ListObjectsV2",
    method: "GET",
    target: { kind: "bucket" },
    query: { "list-type": "2", prefix: key, "max-keys": "1" },
  });
  const { got, detail } = outcomeOf("", reply);
  if (got === "refused")
    return { got: "not tried", detail: "no key of this host may list, and nothing is forced without a look first" };
  if (got !== "allowed") return { got, detail };
  const isEmpty = /<ListBucketResult/.test(reply.body) && !/<Contents>/.test(reply.body);
  return isEmpty ? null : { got: "not tried", detail: "the listing shows something of that name" };
}

function forced(key: ObjectKey): TrialRequest {
  if (!/holdfast-canary-audit-[0-9a-f]{32}$/.test(key))
    throw new RangeError("a forced delete is for names of 128 random bits alone");
  return { ...deletion(key), headers: { "x-minio-force-delete": "true" } };
}

function deletion(key: ObjectKey, versionId?: string): TrialRequest {
  const target = { kind: "object", key } as const;
  const request = { operation: "DeleteObject", method: "DELETE", target } as const;
  return versionId === undefined ? request : { ...request, query: { versionId } };
}

async function oneAfterTheOther<T>(
  items: readonly T[],
  act: (item: T) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const item of items) outcomes.push(await act(item));
  return outcomes;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
