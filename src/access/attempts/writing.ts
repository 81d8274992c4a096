import { objectKey } from "../../base/object-key.ts";
import { orError, outcomeOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import { isCanary, unreadVersion, type Thief } from "../thief.ts";
import { tryPuts } from "./harmless-put.ts";

/** The names that a writer has to put on; those that it may not are in `plantKey`. */
export const overwrite: Attempt = {
  name: "overwrite an object",
  cost: "what is on top is replaced; the version below stays",
  needs: { right: "put", area: "data/" },
  actions: ["s3:PutObject"],
  on: "objects",
  tryIt: async (thief) => {
    const under = Object.fromEntries(backupFolders.map((folder) => [`under ${folder}`, thief.canaryIn(folder)]));
    return [await overwriteCanary(thief), ...(await tryPuts(thief, under))];
  },
};

const backupFolders = ["data/00/", "index/", "snapshots/"] as const;

async function overwriteCanary(thief: Thief): Promise<Outcome> {
  return await orError("under locks/", async () => {
    const laid = await thief.canary();
    return isCanary(laid) ? { form: "under locks/", got: "allowed", detail: "" } : outcomeOf("under locks/", laid);
  });
}

/** Puts a canary twice and looks whether the first bytes can still be had. */
export const overwriteForGood: Attempt = {
  name: "overwrite for good",
  cost: "nothing of what is overwritten can be brought back",
  needs: "nobody",
  actions: [],
  on: "objects",
  tryIt: async (thief) => [await orError("a canary", async () => await firstVersionAfterSecond(thief))],
};

async function firstVersionAfterSecond(thief: Thief): Promise<Outcome> {
  const said = (got: Outcome["got"], detail: string): Outcome => ({ form: "a canary", got, detail });
  const laid = await thief.canary();
  if (!isCanary(laid)) return outcomeOf("a canary", laid);
  const { key, first } = laid;
  if (first.id === null || first.id === "null") {
    return said("allowed", "the store keeps no version of what is overwritten");
  }
  const seen = await thief.readVersion(key, first.id);
  if (seen.kind === "gone") return said("allowed", "the old version is gone");
  if (seen.kind === "not seen") return said("not tried", unreadVersion);
  if (seen.text !== first.text) return said("allowed", "the old version holds other bytes now");
  return said("refused", "the old version stays, proven by reading it back");
}

export const copyOver: Attempt = {
  name: "copy over an object",
  cost: "what is on top is replaced; the version below stays",
  needs: { right: "put", area: "locks/" },
  // restic never copies, and the guard before a MinIO lets nobody else.
  neededBy: ["rescuer"],
  actions: ["s3:PutObject"],
  on: "objects",
  tryIt: async (thief) => [await orError("a canary", async () => await copyCanary(thief))],
};

async function copyCanary(thief: Thief): Promise<Outcome> {
  const form = "a canary";
  const laid = await thief.canary();
  if (!isCanary(laid)) return outcomeOf(form, laid);
  const { bucket } = thief.place;
  const reply = await thief.send({
    operation: "CopyObject",
    method: "PUT",
    target: { kind: "object", key: laid.key },
    // Onto itself a copy has to change something.
    headers: {
      "x-amz-copy-source": encodeURI(`/${bucket}/${laid.key}`),
      "x-amz-metadata-directive": "REPLACE",
      "x-amz-meta-canary": "copied",
    },
  });
  return outcomeOf(form, reply);
}

/**
 * A key under `keys/` opens the repository with a password of the thief's, another `config` closes it for everybody. Tried
 * without writing, see `tryPuts`: the real `config` only where the store has shown on a canary that it writes nothing then.
 */
export const plantKey: Attempt = {
  name: "plant a key or config",
  cost: "the thief's own password opens the repository, or nobody's does until a rollback",
  needs: { right: "put", area: "keys/" },
  actions: ["s3:PutObject"],
  on: "keys and config",
  tryIt: async (thief) =>
    await tryPuts(thief, {
      "under keys/": thief.canaryIn("keys/"),
      config: objectKey(`${thief.place.prefix}config`),
      "in the bucket's own folder": thief.reservedCanary(),
    }),
};
