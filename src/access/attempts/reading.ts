import { orError, outcomeOf, tryForm } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import { isCanary, type Thief } from "../thief.ts";

export const readObject: Attempt = {
  name: "read what was backed up",
  cost: "what is encrypted can be carried off; the password protects the content",
  needs: { right: "read current", area: "data/" },
  actions: ["s3:GetObject"],
  on: "objects",
  tryIt: async (thief) => [await orError("a canary", async () => await readCanary(thief))],
};

/** Ceph answers 404 to whoever may list, so that where nothing stands only a refusal tells something. */
async function readCanary(thief: Thief): Promise<Outcome> {
  const form = "a canary";
  const laid = await thief.canary();
  const key = (isCanary(laid) ? laid.key : await thief.lentCanary()) ?? thief.canaryIn("data/00/");
  const reply = await thief.send({ operation: "GetObject", method: "GET", target: { kind: "object", key } });
  if (reply.status < 300) return { form, got: "allowed", detail: "the password protects the content" };
  if (reply.status !== 404) return outcomeOf(form, reply);
  return { form, got: "not tried", detail: "there is no canary to read" };
}

export const listVersions: Attempt = {
  name: "list versions",
  cost: "the thief learns the ids and dates of all versions; by itself it destroys nothing",
  needs: { right: "list versions", area: "prefix" },
  actions: ["s3:ListBucketVersions"],
  on: "bucket",
  tryIt: async ({ door, place }) => {
    const query = { versions: "", prefix: place.prefix, "max-keys": "1" };
    const target = { kind: "bucket" } as const;
    return [
      await tryForm(door, {
        form: "the prefix",
        request: { operation: "ListObjectVersions", method: "GET", target, query },
      }),
    ];
  },
};
