import { stageIndex, stages } from "./stage.ts";
import { exposedVersion } from "./step.ts";
import type { RollbackStep, UnnumberedStep } from "./step.ts";

/** What the plan holds, counted. `keep` counts the keys that are right already. */
export interface RollbackTotals {
  readonly actions: Readonly<Record<RollbackStep["action"] | "keep", number>>;
  /** Objects brought back whose bytes were hashed (or are the same as hashed ones), that never had another version, or that nothing proves. */
  readonly proven: number;
  readonly sole: number;
  readonly unproven: number;
  /** Of the steps those on objects that restic did not put there; what of it is brought back counts as unproven too. */
  readonly foreign: number;
  readonly ambiguous: number;
  readonly unrecoverable: number;
  readonly findings: number;
  /** How many objects the state at T has, and how many of them there will be. */
  readonly stateAtT: { readonly objects: number; readonly available: number };
  /** Requests that write, if none has to be repeated. */
  readonly requests: number;
  /** Bytes that copies move; those of a version with the id null, which is read and put, included. */
  readonly bytes: number;
}

/** The figures of a plan that its lines do not tell. */
export interface CountedElsewhere {
  /** Keys that are right already. */
  readonly keep: number;
  /** Of these the ones that show an object; all where it is left out. */
  readonly kept?: number;
}

/** S3 takes 1000 entries in one DeleteObjects. */
export const batchLimit = 1000;

/** Counts the lines of a plan, one by one. */
export class TotalsCounter {
  readonly #prefix: string;
  readonly #actions = { liftMarker: 0, copyVersion: 0, hide: 0 };
  readonly #proofs = { sha256: 0, twin: 0, sole: 0, none: 0 };
  readonly #entries = new Map<number, number>();
  readonly #other = { ambiguous: 0, unrecoverable: 0, finding: 0 };
  #foreign = 0;
  #preserved = 0;
  #bytes = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** `place` is the step's among `stages`, for a caller that knows it. */
  step(step: UnnumberedStep, place = stageIndex(step, this.#prefix)): void {
    this.#actions[step.action]++;
    if (step.action !== "hide") this.#proofs[step.proof]++;
    if (step.action === "copyVersion") this.#bytes += step.to.size ?? 0;
    else this.#entries.set(place, (this.#entries.get(place) ?? 0) + (step.action === "hide" ? 1 : step.markers.length));
    if (stages[place]?.holds === "foreign") this.#foreign++;
    const exposed = exposedVersion(step);
    if (exposed === null || step.action === "liftMarker") return;
    this.#preserved++;
    this.#bytes += exposed.size ?? 0;
  }

  other(kind: "ambiguous" | "unrecoverable" | "finding"): void {
    this.#other[kind]++;
  }

  totals({ keep, kept = keep }: CountedElsewhere): RollbackTotals {
    const available = kept + this.#actions.liftMarker + this.#actions.copyVersion;
    const batches = [...this.#entries.values()].reduce((sum, count) => sum + Math.ceil(count / batchLimit), 0);
    return {
      actions: { ...this.#actions, keep },
      proven: this.#proofs.sha256 + this.#proofs.twin,
      sole: this.#proofs.sole,
      unproven: this.#proofs.none,
      foreign: this.#foreign,
      ambiguous: this.#other.ambiguous,
      unrecoverable: this.#other.unrecoverable,
      findings: this.#other.finding,
      stateAtT: { objects: available + this.#other.unrecoverable, available },
      requests: this.#actions.copyVersion + this.#preserved + batches,
      bytes: this.#bytes,
    };
  }
}
