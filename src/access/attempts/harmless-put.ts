import type { ObjectKey } from "../../base/object-key.ts";
import { canaryFolder, canaryName } from "../../restic/layout.ts";
import type { TrialReply } from "../../store/trial-door.ts";
import { orError, outcomeOf, tryForm } from "../answer.ts";
import type { Outcome } from "../outcome.ts";
import { putThatNeverWrites, wrongBody } from "../never-written.ts";
import { isCanary, type Thief } from "../thief.ts";

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
