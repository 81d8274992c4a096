import { objectKey } from "../../base/object-key.ts";
import { canaryName } from "../../restic/layout.ts";
import { orError, orErrors, outcomeOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import type { Thief } from "../thief.ts";
import { tryPuts } from "./harmless-put.ts";

/**
 * Only while something was just seen to stand in it, and by the plain request: a store refuses to delete a bucket that is
 * not empty, after it has looked at the right (tried on RGW 16.2.15 and MinIO: BucketNotEmpty with it, 403 without).
 */
export const deleteBucket: Attempt = {
  name: "delete the bucket",
  cost: "an emptied bucket is gone with its settings, and its name can be taken by somebody else",
  needs: { right: "delete bucket", area: "bucket" },
  actions: ["s3:DeleteBucket"],
  on: "bucket",
  tryIt: async (thief) => [
    await orError("a full bucket", async () => {
      const form = "a full bucket";
      if ((await thief.seesAnObject(thief.place.prefix)) === null) {
        return {
          form,
          got: "not tried",
          detail: "no key of this host sees an object in the bucket, so it may be empty",
        };
      }
      const request = { operation: "DeleteBucket", method: "DELETE", target: { kind: "bucket" } } as const;
      return outcomeOf(form, await thief.send(request), ["BucketNotEmpty"]);
    }),
  ],
};

const whole = "the repository is the whole bucket";

export const readOtherPrefix: Attempt = {
  name: "read another prefix",
  cost: "what others keep in this bucket can be carried off",
  needs: { right: "read current", area: "bucket" },
  actions: ["s3:GetObject"],
  on: "objects",
  tryIt: async (thief) => [await orError("another prefix", async () => await readOutside(thief))],
};

/**
 * A name that never was beside the prefix, where a refusal decides. Ceph answers 404 to whoever may list, right or not, so
 * that one byte of something that stands there has to do; where nothing does, nothing can be read.
 */
async function readOutside(thief: Thief): Promise<Outcome> {
  const form = "another prefix";
  const { prefix } = thief.place;
  if (prefix === "") return { form, got: "not tried", detail: whole };
  const never = await thief.send({
    operation: "GetObject",
    method: "GET",
    target: { kind: "object", key: objectKey(besideOf(prefix, thief.random())) },
  });
  if (never.status !== 404) return outcomeOf(form, never);
  const there = await outsideKey(thief);
  if (there === null) return { form, got: "not tried", detail: "nothing stands beside the prefix" };
  const read = await thief.send({
    operation: "GetObject",
    method: "GET",
    target: { kind: "object", key: objectKey(there) },
    headers: { range: "bytes=0-0" },
  });
  return outcomeOf(form, read, ["InvalidRange"]);
}

/** The first key of the bucket, or the first after the prefix. */
async function outsideKey({ door, place: { prefix } }: Thief): Promise<string | null> {
  for (const after of ["", `${prefix.slice(0, -1)}0`]) {
    const query = { "list-type": "2", "max-keys": "1", ...(after === "" ? {} : { "start-after": after }) };
    const reply = await door.send({ operation: "ListObjectsV2", method: "GET", target: { kind: "bucket" }, query });
    const key = /<Contents>[\s\S]*?<Key>([^<&]+)<\/Key>/.exec(reply.body)?.[1];
    if (key !== undefined && !key.startsWith(prefix)) return key;
  }
  return null;
}

export const writeOtherPrefix: Attempt = {
  name: "write another prefix",
  cost: "other repositories of this bucket can be overwritten and filled with junk",
  needs: { right: "put", area: "bucket" },
  actions: ["s3:PutObject"],
  on: "objects",
  tryIt: async (thief) => {
    const { prefix } = thief.place;
    const form = "another prefix";
    if (prefix === "") return [{ form, got: "not tried", detail: whole }];
    return await orErrors(form, async () => {
      const there = await outsideKey(thief);
      const folder = there === null ? null : there.slice(0, there.lastIndexOf("/") + 1);
      return await tryPuts(thief, {
        "beside the prefix": objectKey(besideOf(prefix, thief.random())),
        ...(folder === null
          ? {}
          : { "where others keep theirs": objectKey(`${folder}${canaryName}${thief.random()}`) }),
      });
    });
  },
};

/** A name that is nobody's, beside the folder of the repository. */
function besideOf(prefix: string, random: string): string {
  return `${prefix.slice(0, -1)}-${canaryName}${random}`;
}
