import type { Finding } from "../base/finding.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { ambiguousLine, findingLine, unrecoverableLine } from "./plan-lines.ts";
import type { KeyPlan, UnrecoverableKey } from "./plan.ts";
import type { RollbackTotals } from "./plan-totals.ts";
import { TotalsCounter } from "./plan-totals.ts";
import type { PlanWriter } from "./plan-writer.ts";
import { byKey, KeySpill } from "./key-spill.ts";
import { placeOf, stages } from "./stage.ts";
import { StepText } from "./step-text.ts";

/** How many keys a result names one by one; the plan names all. */
const namedAtMost = 1000;

/**
 * What has been decided on keys, waiting on disk for the plan to be written: memory holds counts and a few names. Keys are
 * taken in runs, each in the order of its keys; a key stands in one run only.
 */
export class DecidedKeys {
  readonly #state: StateFolder;
  readonly #counter: TotalsCounter;
  readonly #runs: Run[] = [];
  readonly #unrecoverable: UnrecoverableKey[] = [];
  readonly #findings: Finding[] = [];
  #keep = 0;
  #kept = 0;

  constructor(state: StateFolder, prefix: string) {
    this.#state = state;
    this.#counter = new TotalsCounter(prefix);
  }

  /** The first of the keys that are lost. */
  get unrecoverable(): readonly UnrecoverableKey[] {
    return this.#unrecoverable;
  }

  /** The first of the findings about objects. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  run(): Run {
    const run = new Run(this.#state, (plan) => this.#counted(plan));
    this.#runs.push(run);
    return run;
  }

  /** A finding that is not about one object; it is counted, and written by `writeTo` as it was given here. */
  totals(findings: readonly Finding[]): RollbackTotals {
    for (let n = 0; n < findings.length; n++) this.#counter.other("finding");
    return this.#counter.totals({ keep: this.#keep, kept: this.#kept });
  }

  /** Writes all lines but the header and the totals, `findings` before those about objects. */
  async writeTo(writer: PlanWriter, findings: readonly Finding[]): Promise<void> {
    for (const place of stages.keys()) {
      for await (const steps of byKey(this.#runs.map((run) => run.steps[place] ?? run.nothing)))
        await writer.steps(steps);
    }
    for await (const keys of byKey(this.#runs.map((run) => run.ambiguous))) await writer.others("ambiguous", keys);
    for await (const keys of byKey(this.#runs.map((run) => run.unrecoverable)))
      await writer.others("unrecoverable", keys);
    for (const finding of findings) await writer.line(findingLine(finding));
    for await (const keys of byKey(this.#runs.map((run) => run.findings))) await writer.others("finding", keys);
  }

  async close(): Promise<void> {
    for (const run of this.#runs) await run.close();
  }

  /** The place of its step among the stages; -1 where it has none. */
  #counted(plan: DecidedPlan): number {
    if (plan.ambiguous !== null) this.#counter.other("ambiguous");
    if (plan.finding !== null) {
      this.#counter.other("finding");
      if (this.#findings.length < namedAtMost) this.#findings.push(plan.finding);
    }
    if (plan.kind === "keep") {
      this.#keep++;
      if (plan.shows) this.#kept++;
      return -1;
    }
    if (plan.kind === "unrecoverable") {
      this.#counter.other("unrecoverable");
      if (this.#unrecoverable.length < namedAtMost) this.#unrecoverable.push(plan.lost);
      return -1;
    }
    const place = placeOf(plan.step.action === "hide" ? "hide" : "bring back", plan.holds);
    this.#counter.step(plan.step, place);
    return place;
  }
}

type DecidedPlan = Exclude<KeyPlan, { readonly kind: "leftOut" }>;

/** Plans of keys that come in the order of the keys. */
export class Run {
  readonly nothing: KeySpill;
  readonly steps: readonly KeySpill[];
  readonly ambiguous: KeySpill;
  readonly unrecoverable: KeySpill;
  readonly findings: KeySpill;
  readonly #count: (plan: DecidedPlan) => number;
  readonly #text = new StepText();

  /** `count` counts a plan and tells the place of its step among the stages. */
  constructor(state: StateFolder, count: (plan: DecidedPlan) => number) {
    this.#count = count;
    this.nothing = new KeySpill(state);
    this.steps = stages.map(() => new KeySpill(state));
    this.ambiguous = new KeySpill(state);
    this.unrecoverable = new KeySpill(state);
    this.findings = new KeySpill(state);
  }

  /** Takes the plan of a key at once; `settle` must be awaited now and then. */
  take(plan: KeyPlan): void {
    if (plan.kind === "leftOut") return;
    const place = this.#count(plan);
    if (plan.kind === "step") this.steps[place]?.add(this.#text.tail(plan.step));
    if (plan.ambiguous !== null) this.ambiguous.add(tailOf(ambiguousLine(plan.ambiguous)));
    if (plan.kind === "unrecoverable") this.unrecoverable.add(tailOf(unrecoverableLine(plan.lost)));
    if (plan.finding === null) return;
    this.findings.add(tailOf({ type: "finding", key: plan.finding.subject, ...findingLine(plan.finding) }));
  }

  async settle(): Promise<void> {
    for (const spill of this.#all()) await spill.settle();
  }

  async close(): Promise<void> {
    for (const spill of this.#all()) await spill.close();
  }

  #all(): readonly KeySpill[] {
    return [...this.steps, this.ambiguous, this.unrecoverable, this.findings];
  }
}

/** The line's text from the field after `type` on. */
function tailOf(line: Readonly<Record<string, unknown>>): string {
  const { type, ...rest } = line;
  return type === undefined ? "" : JSON.stringify(rest).slice(1);
}
