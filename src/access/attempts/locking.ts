import { orError, outcomeOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import { governed, isWithoutLock } from "../canary-lock.ts";
import type { Thief } from "../thief.ts";
import { outcomeOfPut, tryPutWith } from "./harmless-put.ts";

const noLock = "this bucket has no object lock";

/**
 * By the headers of a PUT that never writes. A document for `?retention` tells nothing: both RGW 16.2.15 and MinIO find fault
 * with it before they look at the right (tried).
 */
export const lockVersion: Attempt = {
  name: "lock a version",
  cost: "junk that nobody can remove until its retention ends",
  needs: { right: "lock version", area: "locks/" },
  actions: ["s3:PutObjectRetention", "s3:PutObjectLegalHold"],
  on: "objects",
  tryIt: async (thief) => [
    await orError("retention", async () => await tryLock(thief, "retention", governed(thief.clock))),
    await orError(
      "legal hold",
      async () => await tryLock(thief, "legal hold", { "x-amz-object-lock-legal-hold": "ON" }),
    ),
  ],
};

async function tryLock(thief: Thief, form: string, headers: Readonly<Record<string, string>>): Promise<Outcome> {
  const reply = await tryPutWith(thief, headers);
  if ("got" in reply)
    return reply.got === "refused"
      ? { form, got: "refused", detail: "it may put nothing to lock" }
      : { ...reply, form };
  if (isWithoutLock(reply)) return { form, got: "not tried", detail: noLock };
  return outcomeOfPut(form, reply);
}

/** On a canary that is locked in GOVERNANCE mode, by the bucket's default or for a minute by this key. */
export const bypassRetention: Attempt = {
  name: "bypass retention",
  cost: "object lock in GOVERNANCE mode holds nobody back",
  needs: { right: "bypass lock", area: "locks/" },
  actions: ["s3:BypassGovernanceRetention"],
  on: "objects",
  tryIt: async (thief) => [await orError("a locked canary", async () => await bypass(thief))],
};

async function bypass(thief: Thief): Promise<Outcome> {
  const form = "a locked canary";
  const key = thief.lockCanary("-locked");
  const locked = await thief.put(key, "a locked canary", { headers: governed(thief.clock) });
  if (isWithoutLock(locked)) return { form, got: "not tried", detail: noLock };
  const put = locked.status < 300 ? locked : await thief.put(key, "a canary");
  const id = put.headers["x-amz-version-id"];
  if (put.status >= 300 || id === undefined) return outcomeOf(form, put);
  const target = { kind: "object", key } as const;
  const plain = { operation: "DeleteObject", method: "DELETE", target, query: { versionId: id } } as const;
  const headers = { "x-amz-bypass-governance-retention": "true" };
  const held = await thief.send(plain);
  if (held.status >= 500) return outcomeOf(form, held);
  if (held.status < 300)
    return { form, got: "not tried", detail: "this key can lock nothing here, so nothing is to be bypassed" };
  return outcomeOf(form, await thief.send({ ...plain, headers }));
}
