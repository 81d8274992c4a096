import type { TrialReply } from "../../store/trial-door.ts";
import { orError, outcomeOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import type { Thief } from "../thief.ts";
import { withMd5 } from "./with-md5.ts";

/**
 * MinIO takes a new user only encrypted, and looks at the right before it decrypts (tried: 403 without it). Of other stores
 * none is known that could be asked without making a key.
 */
export const makeKeys: Attempt = {
  name: "make keys",
  cost: "a key of the thief's own, with rights of his choice, that stays when this one is taken away",
  needs: "nobody",
  actions: ["admin:CreateUser"],
  on: "service",
  tryIt: async (thief) => [await orError("a user", async () => await tryUser(thief))],
};

async function tryUser(thief: Thief): Promise<Outcome> {
  const form = "a user";
  if (thief.profile.policyVocabulary.value !== "minio") {
    const seen = await listed(thief);
    if (seen.status >= 500) return outcomeOf(form, seen);
    if (seen.headers["server"] !== "MinIO")
      return { form, got: "not tried", detail: "this store cannot be asked without making one" };
  }
  const reply = await thief.send(
    withMd5({
      operation: "AddUser",
      method: "PUT",
      target: { kind: "service", path: "minio/admin/v3/add-user" },
      query: { accessKey: `holdfast-canary-${thief.random()}` },
      body: new TextEncoder().encode("this is no user"),
    }),
  );
  return outcomeOf(form, reply, ["XMinioAdminConfigBadJSON"]);
}

/** Any answer would do: a MinIO calls itself so. */
async function listed({ door, place }: Thief): Promise<TrialReply> {
  const query = { "list-type": "2", prefix: place.prefix, "max-keys": "1" };
  return await door.send({ operation: "ListObjectsV2", method: "GET", target: { kind: "bucket" }, query });
}
