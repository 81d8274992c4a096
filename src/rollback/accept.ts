import { Failure } from "../base/failure.ts";
import type { RollbackTotals } from "./plan-totals.ts";
import type { RollbackPlan } from "./plan-file.ts";

/** What a user has to say a word about before a plan that holds it is applied. */
export const planWords = ["unproven", "ambiguous", "unrecoverable"] as const;
type PlanWord = (typeof planWords)[number];

/** All that may be accepted: `changed` is no part of a plan, but what was written since. */
export const acceptWords = [...planWords, "changed"] as const;
export type AcceptWord = (typeof acceptWords)[number];

/** The words that a plan of these totals needs. */
export function acceptNeeded(totals: RollbackTotals): readonly PlanWord[] {
  return planWords.filter((word) => totals[word] > 0);
}

/** Fails with `refused`, listing the words that are missing. */
export function requireAccepted(plan: RollbackPlan, accepted: ReadonlySet<AcceptWord>): void {
  const missing = acceptNeeded(plan.totals).filter((word) => !accepted.has(word));
  if (missing.length === 0) return;
  const found = missing.map((word) => `${plan.totals[word]} ${word}`).join(", ");
  throw new Failure({
    kind: "refused",
    action: "apply the plan for",
    subject: plan.header.repository,
    problem: `it holds objects that need your word: ${found}`,
    hint: `Read them in the plan; to go on all the same add ${missing.map((word) => `--accept ${word}`).join(" ")}.`,
    details: { accept: missing.join(" ") },
  });
}
