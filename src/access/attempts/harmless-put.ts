import type { ObjectKey } from "../../base/object-key.ts";
import { canaryFolder, canaryName } from "../../restic/layout.ts";
import type { TrialReply, TrialRequest } from "../../store/trial-door.ts";
import { orError, outcomeOf, tryForm } from "../answer.ts";
import type { Outcome } from "../outcome.ts";
import { isCanary, type Thief } from "../thief.ts";

/** What a store says of such a PUT to a key that may put: MinIO looks for the ETag first, Ceph at the bytes. */
const wrongBody = ["BadDigest", "InvalidDigest", "PreconditionFailed", "NoSuchKey"] as const;

/**
 * A PUT that never writes: its Content-MD5 is not that of its body, and it asks for an ETag that nothing has. A store
 * looks at the right first (tried on RGW 16.2.15 and MinIO: 403 without it, one of `wrongBody` with it) and refuses the
 * rest afterwards. A copy has no such form: Ceph does not heed `x-amz-copy-source-if-match` and writes.
 */
function putThatNeverWrites(key: ObjectKey, more: Headers = {}): TrialRequest {
  return {
    operation: "PutObject",
    method: "PUT",
    target: { kind: "object", key },
    headers: { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==", "if-match": '"00000000000000000000000000000000"', ...more },
    body: new TextEncoder().encode("a canary that is never written"),
  };
}

type Headers = Readonly<Record<string, string>>;

/** With further headers, on a canary. */
export async function tryPutWith(thief: Thief, headers: Headers): Promise<TrialReply | Outcome> {
  const proof = await provenOnCanary(thief);
  const laid = await thief.canary();
  return proof.got === "allowed" && isCanary(laid) ? await thief.send(putThatNeverWrites(laid.key, headers)) : proof;
}

/** Reads the answer to a PUT that never writes. */
export function outcomeOfPut(form: string, reply: TrialReply): Outcome {
  return outcomeOf(form, reply, wrongBody);
}

/**
 * Tries to put on each of these names without writing. The store first shows on a canary that it refuses such a body:
 * where it takes it, or may not be asked, only names of canaries are tried, never `config`.
 */
export async function tryPuts(thief: Thief, names: Readonly<Record<string, ObjectKey>>): Promise<readonly Outcome[]> {
  const proof = await provenOnCanary(thief);
  const outcomes: Outcome[] = [];
  for (const [form, key] of Object.entries(names)) {
    const isOurs = [canaryName, canaryFolder].some((each) => key.includes(each));
    if (proof.got === "allowed" || (proof.got === "refused" && isOurs)) {
      outcomes.push(await tryForm(thief.door, { form, request: putThatNeverWrites(key), passed: wrongBody }));
    } else {
      outcomes.push({ form, got: proof.got === "error" ? "error" : "not tried", detail: proof.detail });
    }
  }
  return outcomes;
}

/** `allowed`: the store refuses such a body of a key that may put. `refused`: this key may not put there, so it is not shown. */
async function provenOnCanary(thief: Thief): Promise<Outcome> {
  return await orError("a canary", async () => {
    const laid = await thief.canary();
    if (!isCanary(laid)) {
      const { got } = outcomeOf("", laid);
      return { form: "", got, detail: "this key may put no canary, so it is not known what the store would do" };
    }
    const reply = await thief.send(putThatNeverWrites(laid.key));
    if (reply.status >= 300) return outcomeOf("", reply, wrongBody);
    const detail = "this store takes a body whose MD5 is another, so that trying would write";
    return { form: "", got: "not tried", detail };
  });
}
