import { expect } from "vitest";
import type { Attacked, AttackedBucket } from "./attacked-bucket.ts";
import type { Host } from "./host.ts";
import { plannedSteps, wrongs, type PlannedStep } from "./rollback-model.ts";
import type { Run, RunOptions } from "./run-holdfast.ts";

/** The most requests that an apply has in flight: what `--connections` allows where nothing else is said. */
const inFlight = 16;

interface TrialRequest {
  readonly host: Host;
  readonly bucket: AttackedBucket;
}

/** One attack on a bucket, the plan against it, and the runs that carry it out. */
export class RollbackTrial {
  readonly host: Host;
  readonly steps: ReadonlyMap<string, PlannedStep>;
  readonly #bucket: AttackedBucket;
  readonly #attacked: Attacked;
  readonly #plan: string;
  #breaks = 0;

  private constructor({ host, bucket }: TrialRequest, attacked: Attacked, planned: Run) {
    this.host = host;
    this.#bucket = bucket;
    this.#attacked = attacked;
    this.#plan = String(planned.last["name"]);
    this.steps = plannedSteps(String(planned.last["plan"]));
  }

  /** Attacks the bucket and plans to take the attack back. */
  static async begin(request: TrialRequest): Promise<RollbackTrial> {
    const attacked = await request.bucket.attack();
    const planned = await request.host.run(["--json", "rollback", "plan", "--to", attacked.to]);
    expect(planned, planned.stderr).toMatchObject({ code: 0, last: { ok: true, unrecoverable: 0, ambiguous: 0 } });
    return new RollbackTrial(request, attacked, planned);
  }

  /** A run that something may break off; the most that it can leave twice is counted in. */
  async applyWithBreak(options: RunOptions = {}): Promise<Run> {
    this.#breaks += 1;
    return await this.#apply(options);
  }

  async applyToTheEnd(): Promise<void> {
    const { code, last } = await this.#apply();
    expect({ code, last }).toMatchObject({ code: 0, last: { type: "result", ok: true, failed: 0 } });
  }

  /** Fails unless the whole version listing is what the plan, carried out with these breaks, may leave. */
  async compare(): Promise<void> {
    const { steps } = this;
    const after = await this.#bucket.rows();
    expect(wrongs({ attacked: this.#attacked, steps, after, breaks: this.#breaks, inFlight })).toEqual([]);
  }

  async #apply(options: RunOptions = {}): Promise<Run> {
    return await this.host.run(["--json", "--yes", "rollback", "apply", this.#plan], options);
  }
}
