import type { ObjectKey } from "../../base/object-key.ts";
import type { TrialReply } from "../../store/trial-door.ts";
import { answerText, orError, outcomeOf, verdictOf } from "../answer.ts";
import type { Attempt } from "../attempt.ts";
import type { Outcome } from "../outcome.ts";
import { isCanary, unreadVersion, type Canary, type CanaryVersion, type Thief } from "../thief.ts";
import { tarOf } from "./tar.ts";

/** MinIO takes a version id on a PUT and replaces that version, with no other right than to put. */
export const putOntoVersion: Attempt = {
  name: "put onto a version id",
  cost: "the old bytes are gone: the store replaces a version in place",
  needs: "hole",
  actions: [],
  on: "objects",
  tryIt: async (thief) => [
    await onCanary(thief, async ({ canary, version, id, text }) => {
      const reply = await thief.put(canary.key, text, { query: { versionId: id } });
      return await whetherReplaced(thief, { canary, version, id, reply });
    }),
  ],
};

/**
 * MinIO unpacks an archive into objects, and takes the version id of each from the archive. It asks for the right to put
 * on the prefix header first, without it on the whole bucket, then on each name (cmd/object-handlers.go).
 */
export const snowball: Attempt = {
  name: "snowball upload",
  cost: "the old bytes are gone, object lock or not: the store replaces versions with what it unpacks",
  needs: "hole",
  actions: [],
  on: "objects",
  tryIt: async (thief) => [
    await onCanary(thief, async ({ canary, version, id, text }) => {
      const archive = thief.lockCanary(".tar");
      const cut = canary.key.lastIndexOf("/") + 1;
      const reply = await thief.send({
        operation: "PutObject",
        method: "PUT",
        target: { kind: "object", key: archive },
        headers: {
          "x-amz-meta-snowball-auto-extract": "true",
          "x-amz-meta-minio-snowball-prefix": canary.key.slice(0, cut),
        },
        body: tarOf({ name: canary.key.slice(cut), text, records: { "minio.versionId": id } }),
      });
      return await whetherReplaced(thief, { canary, version, id, reply });
    }),
  ],
};

interface InPlace {
  readonly canary: Canary;
  /** The older version, which is attacked. */
  readonly version: CanaryVersion;
  readonly id: string;
  /** The thief's bytes. */
  readonly text: string;
}

async function onCanary(thief: Thief, attack: (place: InPlace) => Promise<Outcome>): Promise<Outcome> {
  return await orError("a canary", async () => {
    const laid = await thief.canary();
    if (!isCanary(laid)) return outcomeOf("a canary", laid);
    const { first: version } = laid;
    if (version.id === null) return { form: "a canary", got: "not tried", detail: "this store gives no version ids" };
    const outcome = await attack({ canary: laid, version, id: version.id, text: "a thief's bytes" });
    if (outcome.got !== "refused") thief.spendCanary();
    return outcome;
  });
}

/** A refused PUT decides; after any other the bytes of the version do, but that they stand proves nothing of a failing store. */
async function whetherReplaced(
  thief: Thief,
  { canary, version, id, reply }: Omit<InPlace, "text"> & { readonly reply: TrialReply },
): Promise<Outcome> {
  const said = (got: Outcome["got"], detail: string): Outcome => ({ form: "a canary", got, detail });
  if (verdictOf(reply) === "refused") return said("refused", "");
  const seen = await thief.readVersion(canary.key, id);
  if (seen.kind === "not seen") return unseen({ id, reply });
  if (seen.kind === "gone") return said("allowed", "the old version is gone");
  if (seen.text !== version.text) return said("allowed", "the version id holds other bytes now");
  if (reply.status >= 500) return outcomeOf("a canary", reply);
  return said("refused", reply.status < 300 ? "the store takes it for an ordinary upload" : "");
}

/** Where no key of this host may read versions, what the store answers has to do. */
function unseen({ id, reply }: { readonly id: string; readonly reply: TrialReply }): Outcome {
  const said = (got: Outcome["got"], detail: string): Outcome => ({ form: "a canary", got, detail });
  if (reply.status >= 400 && reply.status < 500) return said("refused", `the store answers ${answerText(reply)}`);
  if (reply.status >= 300) return outcomeOf("a canary", reply);
  const written = reply.headers["x-amz-version-id"];
  if (written === id) return said("allowed", "the store says that it wrote that version");
  if (written !== undefined) return said("refused", "the store makes a version of its own of it");
  return said("not tried", unreadVersion);
}

const forgedYear = 2001;

/** A forged date brings the end of a version nearer: lifecycle rules count from it, and so does whoever rolls back. */
export const forgeDate: Attempt = {
  name: "forge a date",
  cost: "the dates prove nothing, and a lifecycle rule destroys good versions early",
  needs: "hole",
  actions: [],
  on: "objects",
  tryIt: async (thief) => [
    await orError("a canary", async () => {
      const form = "a canary";
      const key = thief.lockCanary();
      const text = `a dated canary ${thief.random()}`;
      const date = `${forgedYear}-01-01T00:00:00Z`;
      const reply = await thief.put(key, text, { headers: { "x-minio-source-mtime": date } });
      if (reply.status >= 300) return outcomeOf(form, reply);
      const read = await readBack(thief, key, reply.headers["x-amz-version-id"]);
      if (read.status >= 300) return { form, got: "not tried", detail: "this key may not read back what it put" };
      // By its date it stands below what was there before.
      if (read.body !== text)
        return { form, got: "allowed", detail: "a header sets the place of a version in its history" };
      const year = new Date(read.headers["last-modified"] ?? "").getUTCFullYear();
      if (Number.isNaN(year)) return { form, got: "error", detail: "the store tells no date" };
      if (year === forgedYear) return { form, got: "allowed", detail: "a header sets the date of a version" };
      return { form, got: "refused", detail: "" };
    }),
  ],
};

/** By its version id, else what is on top. */
async function readBack(thief: Thief, key: ObjectKey, versionId: string | undefined): Promise<TrialReply> {
  const request = { operation: "GetObject", method: "GET", target: { kind: "object", key } } as const;
  const byId = versionId === undefined ? null : await thief.send({ ...request, query: { versionId } });
  return byId !== null && byId.status < 300 ? byId : await thief.send(request);
}
