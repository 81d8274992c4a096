import { Failure } from "../base/failure.ts";
import type { KeyChange, KeyChanges } from "./changes-since.ts";
import type { RollbackPlan } from "./plan-file.ts";
import type { RollbackStep } from "./step.ts";
import type { StepResult } from "./step-result.ts";

/** A step that was not done. */
export interface FailedStep {
  readonly step: RollbackStep;
  readonly problem: string;
  readonly isDenied: boolean;
}

/** How far a run has come. */
export interface ApplyTally {
  readonly counts: Record<StepResult, number>;
  readonly failed: FailedStep[];
  /** Keys that somebody has written since the plan; not touched. */
  readonly changed: KeyChanges;
  /** The stage under way, see `stages`. */
  stage: string;
}

/** What the report of a run rests on. */
interface ApplyContext {
  readonly plan: RollbackPlan;
  /** The role whose key does the writing. */
  readonly role: string;
  readonly journal: string | null;
}

/** Says how runs of one plan end when they do not end well; every failure carries the counts and names the keys. */
export class ApplyReport {
  readonly #context: ApplyContext;
  readonly #tally: ApplyTally;

  constructor(context: ApplyContext, tally: ApplyTally) {
    this.#context = context;
    this.#tally = tally;
  }

  /** For keys that changed before the first write or under way. */
  changed(): Failure {
    const { count } = this.#tally.changed;
    const objects = count === 1 ? "1 object was" : `${count} objects were`;
    const fate = this.#context.journal === null ? "; nothing was written by this run" : " and left alone";
    return this.#failure("bucket-changed", `${objects} written since the plan${fate}`, {
      hint: "Take the stolen keys out of use, then plan again; to have these planned anew and go on, add --accept changed.",
    });
  }

  /** For steps that the store refused. Nothing of a later stage was begun: it might rest on them. */
  failed(): Failure {
    const { failed, stage } = this.#tally;
    const objects = failed.length === 1 ? "1 object" : `${failed.length} objects`;
    const problem = `the store refused to change ${objects} in "${stage}", and no later stage was begun`;
    if (failed.every(({ isDenied }) => isDenied)) {
      const rights = [...new Set(failed.map(({ step }) => rightFor[step.action]))].join(", ");
      const hint = `Give the ${this.#context.role}'s key ${rights} on these objects (or lift their lock), then run the same command again.`;
      return this.#failure("store-denied", problem, { hint, details: { needs: rights } });
    }
    return this.#failure("stopped-half-way", problem, {
      hint: "Run the same command again; what is done is skipped.",
    });
  }

  /** For a store that refused the key as a whole. */
  denied(denial: Failure): Failure {
    const details = { ...denial.details, role: this.#context.role };
    const hint = `${denial.hint}; then run the same command again and it goes on from here.`;
    return this.#failure("store-denied", `it stopped in "${this.#tally.stage}": ${denial.problem}`, {
      hint,
      details,
      cause: denial,
    });
  }

  halfWay(error: unknown): Failure {
    const reason = error instanceof Failure ? error.problem : "it was interrupted";
    const isDiskFull = error instanceof Failure && error.kind === "state-unwritable";
    const again = "run the same command again and it goes on from here.";
    return this.#failure("stopped-half-way", `it stopped in "${this.#tally.stage}": ${reason}`, {
      hint: isDiskFull ? `Make room in the state folder (${error.subject}), then ${again}` : `R${again.slice(1)}`,
      cause: error,
    });
  }

  facts(): Readonly<Record<string, string>> {
    const { counts, failed, changed } = this.#tally;
    const { done, skipped } = counts;
    const figures = { done: String(done), skipped: String(skipped), failed: String(counts.failed) };
    const journal = this.#context.journal === null ? {} : { journal: this.#context.journal };
    const refused = failed.map(({ step, problem }) => ({ key: step.key, problem }));
    return { ...figures, ...journal, ...named("failed objects", refused), ...named("changed", changed.named) };
  }

  #failure(
    kind: "stopped-half-way" | "bucket-changed" | "store-denied",
    problem: string,
    more: { readonly hint: string; readonly details?: Readonly<Record<string, string>>; readonly cause?: unknown },
  ): Failure {
    const subject = this.#context.plan.header.repository;
    const details = { ...this.facts(), ...more.details };
    const action = this.#context.plan.header.undoes === null ? "apply the plan for" : "undo the plan for";
    return new Failure({ kind, action, subject, problem, ...more, details });
  }
}

const rightFor: Readonly<Record<RollbackStep["action"], string>> = {
  liftMarker: "s3:DeleteObjectVersion",
  copyVersion: "s3:GetObjectVersion and s3:PutObject",
  hide: "s3:DeleteObject",
};

/** The first of many; the journal names them all. */
const namedAtMost = 20;

function named(title: string, troubles: readonly KeyChange[]): Readonly<Record<string, string>> {
  if (troubles.length === 0) return {};
  const shown = troubles.slice(0, namedAtMost).map(({ key, problem }) => `${key} (${problem})`);
  const more = troubles.length > namedAtMost ? [`and ${troubles.length - namedAtMost} more`] : [];
  return { [title]: [...shown, ...more].join("\n") };
}
