import { Failure } from "../base/failure.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { displayLocation } from "../base/repository-location.ts";
import type { RepositoryLocation } from "../base/repository-location.ts";
import type { KeyHistory } from "../history/key-history.ts";
import { missingAt, workableInstants } from "../history/repository-state.ts";
import type { RollbackGoal } from "./decide.ts";

interface Ground {
  readonly location: RepositoryLocation;
  /** Where the evidence is that was saved; it stays. */
  readonly evidence: string;
}

/** Fails with `refused` at a T at which restic could not open the repository, and tells which would work. */
export function requireWhole(
  essentials: readonly KeyHistory[],
  goal: RollbackGoal,
  { location, evidence }: Ground,
): void {
  const missing = missingAt(essentials, goal.to, goal);
  if (missing.length === 0) return;
  const workable = workableInstants(essentials, goal);
  if (workable === null) {
    throw refusal(location, `${missing.join(", ")} are missing at T, and no instant in its history has all of them`, {
      hint: "Look at the prefix: is this the repository? Its history holds no instant to go back to.",
      details: { evidence },
    });
  }
  const earliest = exactly(workable.earliest);
  const latest = workable.latest === null ? "now" : exactly(workable.latest);
  throw refusal(location, `at ${formatInstant(goal.to)} it had no ${missing.join(", no ")}`, {
    hint: `The earliest instant that works is ${earliest}, the last is ${latest}; choose one before the attack.`,
    details: { earliest, latest, evidence },
  });
}

/** For a bucket without versions. */
export function noHistory(location: RepositoryLocation): Failure {
  return refusal(location, "the bucket keeps no versions, so there is nothing to go back to", {
    hint: "Restore from another copy of the repository, and turn versioning on before the next backup.",
    details: {},
  });
}

/** With the fraction even where it is zero: typed back without one, it would mean the end of its second. */
function exactly(instant: Instant): string {
  return new Date(instant).toISOString();
}

function refusal(
  location: RepositoryLocation,
  problem: string,
  more: { readonly hint: string; readonly details: Readonly<Record<string, string>> },
): Failure {
  const subject = displayLocation(location);
  return new Failure({ kind: "refused", action: "plan a rollback of", subject, problem, ...more });
}
