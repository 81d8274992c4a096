import { ChainWriter } from "../base/chained-lines.ts";
import type { Line } from "../base/chained-lines.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { LineFile, StateFolder } from "../base/state-folder.ts";
import type { VersionId } from "../base/version-id.ts";
import { journalNames } from "./file-names.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { planStem, sealName } from "./plan-stem.ts";
import { readJournals } from "./read-journals.ts";
import type { RollbackStep } from "./step.ts";
import type { StepCounts, StepResult } from "./step-result.ts";

/** Who writes to the bucket. An access key id is no secret, and tells afterwards whose writes these were. */
export interface Hand {
  readonly role: string;
  /** Null where the caller does not know it. */
  readonly accessKey: string | null;
}

/** What one run of `apply` does, written ahead. Each run has a journal of its own, so a torn end is never written on. */
export class Journal {
  readonly name: string;
  readonly #state: StateFolder;
  readonly #file: LineFile;
  readonly #chain = new ChainWriter();

  private constructor(name: string, { state, file }: { readonly state: StateFolder; readonly file: LineFile }) {
    this.name = name;
    this.#state = state;
    this.#file = file;
  }

  /**
   * Begins the journal of a further run. Fails with `damaged-file` where the journal of an earlier run of this plan was
   * edited or belongs to another plan; an end torn off by a crash is no damage.
   */
  static async begin(
    state: StateFolder,
    plan: RollbackPlan,
    { startedAt, role, accessKey }: Hand & { readonly startedAt: Instant },
  ): Promise<Journal> {
    const earlier = await readJournals(state, plan);
    const { next } = await journalNames(state, planStem(plan.header, plan.lastHash));
    const journal = new Journal(next, { state, file: await state.create(next) });
    const { previous } = earlier;
    const run = { plan: plan.lastHash, evidence: plan.header.evidence.sha256, previous, role, accessKey };
    await journal.#write({ type: "begin", version: 1, ...run, startedAt: formatInstant(startedAt) });
    await journal.#file.flush();
    return journal;
  }

  get path(): string {
    return this.#file.path;
  }

  /** The hash of the line written last. */
  get last(): string {
    return this.#chain.last;
  }

  /** Durable on return. */
  async intend(
    steps: readonly { readonly step: RollbackStep; readonly markers: readonly VersionId[] }[],
  ): Promise<void> {
    for (const { step, markers } of steps) {
      await this.#write({ type: "intent", n: step.n, key: step.key, action: step.action, markers });
    }
    await this.#file.flush();
  }

  /**
   * `made` is the id of the marker or copy that the step made, where it is known. Buffered; durable with the next
   * `intend` or `end`. A lost outcome costs a look, no wrong write.
   */
  async outcome(step: RollbackStep, result: StepResult, more: Partial<OutcomeFacts> = {}): Promise<void> {
    const { problem = null, made = null } = more;
    await this.#write({ type: "outcome", n: step.n, result, problem, ...(made === null ? {} : { made }) });
  }

  /** What a look after the stage has shown to be the step's own copy. Buffered. */
  async made({ n }: RollbackStep, versionId: VersionId): Promise<void> {
    await this.#write({ type: "made", n, versionId });
  }

  async end(endedAt: Instant, counts: StepCounts): Promise<void> {
    await this.#write({ type: "end", endedAt: formatInstant(endedAt), ...counts });
    await this.close();
  }

  /** For a run that stopped: durable, without an end. */
  async close(): Promise<void> {
    await this.#file.flush();
    await this.#file.close();
    await this.#state.replace(sealName(this.name), `${JSON.stringify({ type: "seal", last: this.#chain.last })}\n`);
  }

  async #write(line: Line): Promise<void> {
    await this.#file.write(this.#chain.line(line));
  }
}

/** What is known of a step's outcome beyond the word for it. */
interface OutcomeFacts {
  readonly problem: string | null;
  readonly made: VersionId | null;
}
