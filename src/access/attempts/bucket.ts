import { objectKey } from "../../base/object-key.ts";
import type { TrialRequest } from "../../store/trial-door.ts";
import { canaryName } from "../../restic/layout.ts";
import { orError, orErrors, outcomeOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import type { Thief } from "../thief.ts";
import { tryPuts } from "./harmless-put.ts";

/**
 * Providers that refuse to delete a bucket with objects in it: Ceph and MinIO were tried, the others document it or have it
 * in their source. SeaweedFS deletes the bucket with all that is in it, unless it was started with
 * `-s3.allowDeleteBucketNotEmpty=false` (weed/command/filer.go), and of an unknown store nobody can tell.
 */
const refusesFullBucket: ReadonlySet<string> = new Set([
  "aws",
  "b2",
  "ceph",
  "hetzner",
  "minio",
  "scaleway",
  "versity",
  "wasabi",
]);

/** Versity names a bucket with versions apart (s3err). */
const notEmpty = ["BucketNotEmpty", "VersionedBucketNotEmpty"];

/**
 * Only where the store keeps a bucket that is not empty, while something was just seen to stand in it, and by the plain
 * request: it looks at the right first (tried on RGW 16.2.15 and MinIO: BucketNotEmpty with it, 403 without).
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
      if (!refusesFullBucket.has(thief.profile.name)) {
        return { form, got: "not tried", detail: "this store may delete a bucket with all that is in it" };
      }
      if ((await thief.seesAnObject(thief.place.prefix)) === null) {
        return {
          form,
          got: "not tried",
          detail: "no key of this host sees an object in the bucket, so it may be empty",
        };
      }
      const request = { operation: "DeleteBucket", method: "DELETE", target: { kind: "bucket" } } as const;
      return outcomeOf(form, await thief.send(request), notEmpty);
    }),
  ],
};

const whole = "the repository is the whole bucket";

export const readOtherPrefix: Attempt = {
  name: "read another prefix",
  cost: "what others keep in this bucket can be carried off",
  needs: { right: "read current", area: "bucket" },
  actions: ["s3:GetObject"],
  on: "all objects",
  tryIt: async (thief) => [await orError("another prefix", async () => await readOutside(thief))],
};

/**
 * One byte of something that stands there, for only that decides everywhere. Where nothing does, a name that never was: a
 * store answers 404 to whoever may read it, but Ceph does to whoever may list; and it answers 403 to whoever may not list.
 */
async function readOutside(thief: Thief): Promise<Outcome> {
  const form = "another prefix";
  const { prefix } = thief.place;
  if (prefix === "") return { form, got: "not tried", detail: whole };
  const there = await outsideKey(thief);
  if (there !== null) {
    const reply = await thief.send({ ...readingOf(there), headers: { range: "bytes=0-0" } });
    return outcomeOf(form, reply, ["InvalidRange"]);
  }
  const never = await thief.send(readingOf(`${besideOf(prefix)}${canaryName}${thief.random()}`));
  if (never.status >= 500) return outcomeOf(form, never);
  const isCertain = never.status === 404 ? !answersAll404(thief) : await mayListOutside(thief);
  if (!isCertain) return { form, got: "not tried", detail: "nothing stands beside the prefix" };
  return outcomeOf(form, never, ["NoSuchKey"]);
}

function readingOf(key: string): TrialRequest {
  return { operation: "GetObject", method: "GET", target: { kind: "object", key: objectKey(key) } };
}

function answersAll404({ profile }: Thief): boolean {
  const { value } = profile.policyVocabulary;
  return value === "bucket-policy" || value === null;
}

async function mayListOutside({ door }: Thief): Promise<boolean> {
  return (await door.send(listingFrom(""))).status < 300;
}

/** The first key of the bucket that is not below the prefix, as far as any key of this host shows one. */
async function outsideKey(thief: Thief): Promise<string | null> {
  const { prefix } = thief.place;
  for (const after of ["", `${prefix.slice(0, -1)}0`]) {
    const reply = await thief.askAny(listingFrom(after));
    const key = /<Contents>[\s\S]*?<Key>([^<&]+)<\/Key>/.exec(reply.body)?.[1];
    if (key !== undefined && !key.startsWith(prefix)) return key;
  }
  return null;
}

function listingFrom(after: string): TrialRequest {
  const query = { "list-type": "2", "max-keys": "1", ...(after === "" ? {} : { "start-after": after }) };
  return { operation: "ListObjectsV2", method: "GET", target: { kind: "bucket" }, query };
}

export const writeOtherPrefix: Attempt = {
  name: "write another prefix",
  cost: "other repositories of this bucket can be overwritten and filled with junk",
  needs: { right: "put", area: "bucket" },
  actions: ["s3:PutObject"],
  on: "all objects",
  tryIt: async (thief) => {
    const { prefix } = thief.place;
    const form = "another prefix";
    if (prefix === "") return [{ form, got: "not tried", detail: whole }];
    return await orErrors(form, async () => {
      const there = await outsideKey(thief);
      const folder = there === null ? null : there.slice(0, there.lastIndexOf("/") + 1);
      return await tryPuts(thief, {
        "beside the prefix": thief.outsideCanary(besideOf(prefix)),
        ...(folder === null ? {} : { "where others keep theirs": thief.outsideCanary(folder) }),
      });
    });
  },
};

/** What names begin with that are nobody's, beside the folder of the repository. */
function besideOf(prefix: string): string {
  return `${prefix.slice(0, -1)}-`;
}
