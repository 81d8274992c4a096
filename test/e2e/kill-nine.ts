import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RealStore, RunningStore } from "../stores/real-stores.ts";
import { AttackedBucket } from "./attacked-bucket.ts";
import { openHost, type Host } from "./host.ts";
import { JournalWatch } from "./journal-watch.ts";
import { RollbackTrial } from "./rollback-trial.ts";
import { SeededRandom } from "./seeded-random.ts";

const allSeries = [
  { command: "apply", kills: 20, trialsABucket: 5, stages: 6 },
  // An undo leaves the attacked state, in which there is no repository to attack again.
  { command: "undo", kills: 5, trialsABucket: 1, stages: 3 },
] as const;

/** Real kills of the real process, at instants spread from the beginning of a run to its end. */
export function describeKills({ name, isHere, start }: RealStore, seed: number): void {
  describe.skipIf(!isHere)(`killed with SIGKILL on a real ${name}`, () => {
    let running: RunningStore;
    beforeAll(async () => {
      running = await start();
    });
    afterAll(async () => {
      await running.stop();
    });

    it.each(allSeries)(
      "$command comes to the same end after each of $kills kills",
      { timeout: 900_000 },
      async (series) => {
        const random = new SeededRandom(seed);
        const killed = new KillTrials({ ...series, running, random });
        try {
          await killed.measure();
          while (killed.kills < series.kills) await killed.next();
        } finally {
          await killed.remove();
        }
        expect(killed.kills).toBe(series.kills);
        expect(killed.stages.size).toBeGreaterThanOrEqual(series.stages);
        process.stdout.write(`${name}: ${killed.line()}\n`);
      },
    );
  });
}

interface Series {
  readonly command: "apply" | "undo";
  /** How many kills are wanted. */
  readonly kills: number;
  /** After so many the history of a bucket is long enough, and the next is begun. */
  readonly trialsABucket: number;
  /** Into how many stages the kills have to fall at least. */
  readonly stages: number;
  readonly running: RunningStore;
  readonly random: SeededRandom;
}

class KillTrials {
  kills = 0;
  /** How many kills fell into each stage. */
  readonly stages = new Map<string, number>();
  readonly #series: Series;
  readonly #begun = performance.now();
  #victim: { readonly host: Host; readonly bucket: AttackedBucket } | null = null;
  #buckets = 0;
  #trials = 0;
  #killedTwice = 0;
  #endedBefore = 0;
  /** Of a whole run, in milliseconds, and the bytes of its journal. */
  #length = 0;
  #written = 0;
  /** Drawn towards the beginning after each run that ended before its kill. */
  #share = 1;

  constructor(series: Series) {
    this.#series = series;
  }

  /** A run that nobody kills, for the length of one. */
  async measure(): Promise<void> {
    const trial = await this.#begin();
    const journal = new JournalWatch(trial.host);
    const begun = performance.now();
    await trial.runToTheEnd();
    this.#length = performance.now() - begun;
    this.#written = journal.size();
    await trial.compare();
  }

  /** One kill and the runs after it; a run that ended before it was killed does not count. */
  async next(): Promise<void> {
    const trial = await this.#begin();
    const journal = new JournalWatch(trial.host);
    const { kills, random } = this.#series;
    const share = ((this.kills + random.next()) / kills) * this.#share;
    if (await isKilled(trial, () => this.#reached(share, journal))) {
      const stage = journal.stage();
      this.stages.set(stage, (this.stages.get(stage) ?? 0) + 1);
      const later = this.#length * random.next();
      const isAgain = this.kills % 4 === 3 && (await isKilled(trial, () => setTimeout(later)));
      if (isAgain) this.#killedTwice += 1;
      this.kills += 1;
      this.#share = 1;
      await trial.runToTheEnd();
    } else {
      this.#endedBefore += 1;
      this.#share *= 0.9;
    }
    await trial.compare();
  }

  /**
   * Waits for an instant of a run, from 0 at its beginning to 1 at its end. What comes before its journal goes by time;
   * then it is by how far the journal has come, since the time that a write takes depends on what else the machine does.
   */
  async #reached(share: number, journal: JournalWatch): Promise<void> {
    const beginning = 0.2;
    const delay = 40 * this.#series.random.next();
    if (share < beginning) {
      await setTimeout((this.#length / 2) * (share / beginning));
      return;
    }
    const wanted = this.#written * ((share - beginning) / (1 - beginning));
    const deadline = performance.now() + 60_000;
    while (journal.size() <= wanted && performance.now() < deadline) await setTimeout(2);
    await setTimeout(delay);
  }

  line(): string {
    const where = [...this.stages].map(([stage, count]) => `${stage} ${count}`).join(", ");
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(0);
    const others = `${this.#killedTwice} killed a second time, ${this.#endedBefore} ended before their kill`;
    return `${this.kills} kills of ${this.#series.command}, ${this.#length.toFixed(0)} ms long (${where}); ${others}; ${seconds} s`;
  }

  async remove(): Promise<void> {
    await this.#victim?.host.remove();
  }

  async #begin(): Promise<RollbackTrial> {
    const victim =
      this.#victim === null || this.#trials % this.#series.trialsABucket === 0 ? await this.#lay() : this.#victim;
    this.#victim = victim;
    this.#trials += 1;
    const trial = await RollbackTrial.begin(victim);
    if (this.#series.command === "apply") return trial;
    await trial.runToTheEnd();
    return await trial.turnedRound();
  }

  async #lay(): Promise<{ readonly host: Host; readonly bucket: AttackedBucket }> {
    await this.remove();
    const { command, running, random } = this.#series;
    const place = `${command}-${this.#buckets++}/home`;
    const host = await openHost(running.store, place);
    const bucket = new AttackedBucket(running.store, place, { random, objects: 300 });
    await bucket.lay();
    return { host, bucket };
  }
}

async function isKilled(trial: RollbackTrial, until: () => Promise<void>): Promise<boolean> {
  const { code, last, stderr } = await trial.runWithBreak({
    whileRunning: async (child) => {
      await Promise.race([until(), once(child, "exit")]);
      child.kill("SIGKILL");
    },
  });
  if (code !== null) expect({ code, last }, stderr).toMatchObject({ code: 0, last: { ok: true, failed: 0 } });
  return code === null;
}
