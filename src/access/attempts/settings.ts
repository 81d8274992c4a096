import type { TrialReply, TrialRequest } from "../../store/trial-door.ts";
import { orError, outcomeOf, verdictOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import type { Right } from "../rights.ts";
import type { Thief } from "../thief.ts";
import { withMd5 } from "./with-md5.ts";

interface BucketSetting {
  readonly name: string;
  readonly cost: string;
  readonly right: Right;
  readonly actions: readonly string[];
  /** The parameter that names it: `lifecycle`. */
  readonly parameter: string;
}

const settings: readonly BucketSetting[] = [
  {
    name: "suspend versioning",
    cost: "what is overwritten from then on is gone for good",
    right: "change settings",
    actions: ["s3:PutBucketVersioning"],
    parameter: "versioning",
  },
  {
    name: "change lifecycle rules",
    cost: "a rule of one day has the store itself destroy every old version",
    right: "change settings",
    actions: ["s3:PutLifecycleConfiguration"],
    parameter: "lifecycle",
  },
  {
    name: "change the policy",
    cost: "the thief grants himself all the rest, or locks everybody else out",
    right: "change settings",
    actions: ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
    parameter: "policy",
  },
  {
    name: "change the bucket's ACL",
    cost: "the thief lets others in",
    right: "change access",
    actions: ["s3:PutBucketAcl"],
    parameter: "acl",
  },
  {
    name: "change object lock",
    cost: "the default that protects new versions can be taken away, or every new object locked",
    right: "change settings",
    actions: ["s3:PutBucketObjectLockConfiguration"],
    parameter: "object-lock",
  },
  {
    name: "change encryption",
    cost: "what is written from then on is encrypted with a key of the thief's",
    right: "change settings",
    actions: ["s3:PutEncryptionConfiguration"],
    parameter: "encryption",
  },
  {
    name: "change replication",
    cost: "everything that is written is copied to the thief",
    right: "change settings",
    actions: ["s3:PutReplicationConfiguration"],
    parameter: "replication",
  },
  {
    name: "change notifications",
    cost: "the thief is told of every object, or alarms fall silent",
    right: "change settings",
    actions: ["s3:PutBucketNotification"],
    parameter: "notification",
  },
];

/** What a store says of a document that it has read, or of a bucket it would not go with: it looked at the right before. */
const badDocument = [
  "MalformedXML",
  "MalformedPolicy",
  "MalformedACLError",
  "InvalidPolicyDocument",
  "InvalidArgument",
  "InvalidRequest",
  "InvalidBucketState",
];

export const settingAttempts: readonly Attempt[] = settings.map((setting) => ({
  name: setting.name,
  cost: setting.cost,
  needs: { right: setting.right, area: "bucket" },
  actions: setting.actions,
  on: "bucket",
  tryIt: async (thief) => [await orError("a document", async () => await trySetting(thief, setting))],
}));

/**
 * Sends a document that is none: a store looks at the right first (tried on RGW 16.2.15 and MinIO, each setting: 403 without
 * it). Not even XML of another name would do, which Ceph takes for a lifecycle without rules. A store that does not know
 * the parameter would take the PUT for the making of a bucket, so it is asked for the setting first. What the document does
 * not settle is tried by putting back the very value that was read.
 */
async function trySetting(thief: Thief, setting: BucketSetting): Promise<Outcome> {
  const form = "a document";
  const asked = await thief.askAny(readingOf(setting));
  const isOther = asked.body.includes("<ListBucketResult");
  if (isOther || verdictOf(asked) === "not offered") return { form, got: "not tried", detail: unknown };
  const reply = await put(thief, setting, "this is no document");
  if (isMinioOn(reply, thief)) return { form, got: "allowed", detail: "" };
  if (verdictOf(asked) === "refused" && verdictOf(reply) === "unclear" && isLateOnCeph(setting, thief)) {
    return { form, got: "not tried", detail: unknown };
  }
  const outcome = outcomeOf(form, reply, badDocument);
  if (outcome.got !== "error") return outcome;
  const value = await thief.send(readingOf(setting));
  if (value.status >= 300 || value.body === "") return outcome;
  return outcomeOf("its own value", await put(thief, setting, value.body));
}

const unknown = "this store does not know it";

/** Ceph 16 does not know the parameter, and takes the PUT for the making of a bucket that is there. */
function isLateOnCeph({ parameter }: BucketSetting, { profile }: Thief): boolean {
  return parameter === "encryption" && profile.policyVocabulary.value === "bucket-policy";
}

/** MinIO answers 500 to such a document for versioning and lifecycle rules, and only to a key that has the right (tried). */
function isMinioOn({ status, code, headers }: TrialReply, { profile }: Thief): boolean {
  const isMinio = profile.policyVocabulary.value === "minio" || headers["server"] === "MinIO";
  return isMinio && status === 500 && code === "InternalError";
}

function readingOf({ parameter }: BucketSetting): TrialRequest {
  const target = { kind: "bucket" } as const;
  return { operation: `get ${parameter}`, method: "GET", target, query: { [parameter]: "" } };
}

async function put(thief: Thief, { parameter }: BucketSetting, text: string): Promise<TrialReply> {
  const request = {
    operation: `put ${parameter}`,
    method: "PUT",
    target: { kind: "bucket" },
    query: { [parameter]: "" },
  } as const;
  return await thief.send(withMd5({ ...request, body: new TextEncoder().encode(text) }));
}
