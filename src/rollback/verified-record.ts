import { formatInstant, parseInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { damagedFile } from "../history/line-fields.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { planStem } from "./plan-stem.ts";
import type { VerifyResult } from "./verify.ts";

/** What `rollback verify` found when it was last run on a plan. */
export interface VerifiedRecord {
  readonly verifiedAt: Instant;
  readonly matching: number;
  readonly differing: number;
  readonly proven: number;
}

function recordName({ header, lastHash }: RollbackPlan): string {
  return `journals/${planStem(header, lastHash)}.verified.json`;
}

/** Replaces the record of an earlier verify. */
export async function recordVerified(
  state: StateFolder,
  plan: RollbackPlan,
  { result, at }: { readonly result: VerifyResult; readonly at: Instant },
): Promise<void> {
  const { matching, differingCount: differing, proven } = result;
  const record = { type: "verified", plan: plan.lastHash, verifiedAt: formatInstant(at), matching, differing, proven };
  await state.replace(recordName(plan), `${JSON.stringify(record)}\n`);
}

/** Null where the plan was never verified; `damaged-file` where the record cannot be read. */
export async function readVerified(state: StateFolder, plan: RollbackPlan): Promise<VerifiedRecord | null> {
  const name = recordName(plan);
  const text = await state.read(name);
  if (text === null) return null;
  const record = recordIn(text, plan);
  if (record === null)
    throw damagedFile({ what: "record of verify", path: state.pathOf(name) }, "it is not as it was written");
  return record;
}

function recordIn(text: string, plan: RollbackPlan): VerifiedRecord | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  const { plan: of, verifiedAt: when, matching, differing, proven } = parsed as Readonly<Record<string, unknown>>;
  const verifiedAt = typeof when === "string" ? parseInstant(when) : null;
  if (of !== plan.lastHash || verifiedAt === null) return null;
  if (typeof matching !== "number" || typeof differing !== "number" || typeof proven !== "number") return null;
  return { verifiedAt, matching, differing, proven };
}
