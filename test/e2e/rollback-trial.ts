import { readdirSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { shownBy, type Attacked, type AttackedBucket } from "./attacked-bucket.ts";
import type { Host } from "./host.ts";
import { plannedSteps, wrongs } from "./rollback-model.ts";
import type { Run, RunOptions } from "./run-holdfast.ts";

/** The most requests that an apply has in flight: what `--connections` allows where nothing else is said. */
const inFlight = 16;

interface TrialRequest {
  readonly host: Host;
  readonly bucket: AttackedBucket;
}

/** What a trial's runs have to come to, and the words that start one. */
interface Task {
  readonly words: readonly [command: "apply" | "undo", plan: string];
  readonly attacked: Attacked;
  /** The path of the plan that the runs carry out. */
  readonly plan: () => string;
}

/** One attack on a bucket and the runs that take it back, or one rollback and the runs that take that back. */
export class RollbackTrial {
  readonly host: Host;
  readonly #bucket: AttackedBucket;
  readonly #task: Task;
  #breaks = 0;

  private constructor({ host, bucket }: TrialRequest, task: Task) {
    this.host = host;
    this.#bucket = bucket;
    this.#task = task;
  }

  /** Attacks the bucket and plans to take the attack back. */
  static async begin(request: TrialRequest): Promise<RollbackTrial> {
    const attacked = await request.bucket.attack();
    const { code, last, stderr } = await request.host.run(["--json", "rollback", "plan", "--to", attacked.to]);
    expect({ code, last }, stderr).toMatchObject({ code: 0, last: { ok: true, unrecoverable: 0, ambiguous: 0 } });
    return new RollbackTrial(request, {
      words: ["apply", String(last["name"])],
      attacked,
      plan: () => String(last["plan"]),
    });
  }

  /** Goes on from a rollback that is through: what the bucket showed before it is to be shown again. */
  async turnedRound(): Promise<RollbackTrial> {
    const [, name] = this.#task.words;
    const folder = path.join(this.host.stateFolder, "plans");
    const undoPlan = (): string =>
      path.join(
        folder,
        readdirSync(folder)
          .sort()
          .findLast((file) => file.startsWith(`${name}-`) && file.includes("-undo-")) ?? "",
      );
    const { to, before } = this.#task.attacked;
    const attacked = { to, goal: shownBy(before), before: await this.#bucket.rows() };
    const request = { host: this.host, bucket: this.#bucket };
    return new RollbackTrial(request, { words: ["undo", name], attacked, plan: undoPlan });
  }

  /** A run that something may break off; the most that it can leave twice is counted in. */
  async runWithBreak(options: RunOptions = {}): Promise<Run> {
    this.#breaks += 1;
    return await this.#run(options);
  }

  async runToTheEnd(): Promise<void> {
    const { code, last, stderr } = await this.#run();
    expect({ code, last }, stderr).toMatchObject({
      code: 0,
      last: { type: "result", ok: true, failed: 0, changed: 0 },
    });
  }

  /** Fails unless the whole version listing is what the plan, carried out with these breaks, may leave. */
  async compare(): Promise<void> {
    const { attacked, plan } = this.#task;
    const [steps, after] = [plannedSteps(plan()), await this.#bucket.rows()];
    expect(wrongs({ attacked, steps, after, breaks: this.#breaks, inFlight })).toEqual([]);
  }

  async #run(options: RunOptions = {}): Promise<Run> {
    return await this.host.run(["--json", "--yes", "rollback", ...this.#task.words], options);
  }
}
