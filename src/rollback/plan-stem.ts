import { compactInstant } from "../base/instant.ts";
import type { PlanHeader } from "./plan-lines.ts";

/** What the journals, the lock and the reports of a plan are called by: no two plans share one. */
export function planStem({ repository, to }: PlanHeader, lastHash: string): string {
  return `${repository}-${compactInstant(to)}-${lastHash.slice(0, 8)}`;
}

/** Where it is noted how far a journal came that was closed, so that one that was cut later is told from a torn one. */
export function sealName(journal: string): string {
  return journal.replace(/\.journal\.jsonl$/, ".seal.json");
}
