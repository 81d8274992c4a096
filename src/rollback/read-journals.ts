import type { Instant } from "../base/instant.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { damagedFile } from "../history/line-fields.ts";
import type { Fields, FileOfLines } from "../history/line-fields.ts";
import { readChained } from "../history/read-chained.ts";
import { journalNames } from "./file-names.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { planStem, sealName } from "./plan-stem.ts";
import { actions } from "./step.ts";
import { stepResults } from "./step-result.ts";

/** What the journals of a plan say together, in bounded memory: a byte for each step of the plan. */
export interface JournalReading {
  /** How many runs have begun. */
  readonly runs: number;
  /** The journal of the last run, with the hash of its last whole line; null where none has begun. */
  readonly previous: { readonly name: string; readonly last: string } | null;
  /** Whether some run has come to its end. */
  readonly isEnded: boolean;
  readonly startedAt: Instant | null;
  /** When the last run that ended, and had something to do, did so. */
  readonly endedAt: Instant | null;
  /** Steps that are done or were found done, by the last word on each. */
  readonly settled: number;
  /** Whether a request to write may have gone out for the step of that number, in any run. */
  wasIntended(n: number): boolean;
  readonly intended: number;
}

const [intendedBit, settledBit] = [1, 2];

class Reading implements JournalReading {
  runs = 0;
  previous: JournalReading["previous"] = null;
  isEnded = false;
  startedAt: Instant | null = null;
  endedAt: Instant | null = null;
  settled = 0;
  intended = 0;
  readonly #steps: Uint8Array;

  constructor(steps: number) {
    this.#steps = new Uint8Array(steps + 1);
  }

  wasIntended(n: number): boolean {
    return ((this.#steps[n] ?? 0) & intendedBit) !== 0;
  }

  intend(n: number): void {
    if (!this.wasIntended(n)) this.intended++;
    this.#steps[n] = (this.#steps[n] ?? 0) | intendedBit;
  }

  settle(n: number, isSettled: boolean): void {
    const before = this.#steps[n] ?? 0;
    const was = (before & settledBit) !== 0;
    if (was === isSettled) return;
    this.settled += isSettled ? 1 : -1;
    this.#steps[n] = isSettled ? before | settledBit : before & ~settledBit;
  }
}

/**
 * Reads all journals of a plan, the oldest first. Fails with `damaged-file` where one was edited, cut after it was closed,
 * or belongs to another plan. A last line without its newline was torn off by a crash and is passed over.
 */
export async function readJournals(state: StateFolder, plan: RollbackPlan): Promise<JournalReading> {
  const { earlier } = await journalNames(state, planStem(plan.header, plan.lastHash));
  const reading = new Reading(plan.stepCount);
  for (const name of earlier) await readJournal(state, name, { plan, reading });
  return reading;
}

interface Into {
  readonly plan: RollbackPlan;
  readonly reading: Reading;
}

async function readJournal(state: StateFolder, name: string, { plan, reading }: Into): Promise<void> {
  const file = { what: "journal", path: state.pathOf(name) };
  const last = await readChained(await state.open(name), file, (line, number) => {
    if (number === 1) begin(line, plan, reading);
    else take(line, plan, reading);
  });
  if (last === null) return;
  await requireSealed(state, name, { last, file });
  reading.runs++;
  reading.previous = { name, last };
}

function begin(line: Fields, plan: RollbackPlan, reading: Reading): void {
  line.oneOf("type", ["begin"]);
  if (line.text("plan") !== plan.lastHash) throw line.wrong("it belongs to another plan");
  reading.startedAt ??= line.instant("startedAt");
  const before = line.withinOrNull("previous");
  if ((before?.text("last") ?? null) !== (reading.previous?.last ?? null)) {
    throw line.wrong("the journal of the run before it is gone, or was cut");
  }
}

function take(line: Fields, plan: RollbackPlan, reading: Reading): void {
  const type = line.oneOf("type", ["intent", "outcome", "made", "end"]);
  if (type === "end") {
    const endedAt = line.instant("endedAt");
    if (!reading.isEnded || line.count("done") > 0) reading.endedAt = endedAt;
    reading.isEnded = true;
    return;
  }
  const n = line.count("n");
  if (n < 1 || n > plan.stepCount) throw line.wrong(`the plan has no step ${n}`);
  if (type === "intent") {
    line.oneOf("action", actions);
    reading.intend(n);
    return;
  }
  if (type === "made") return;
  const result = line.oneOf("result", stepResults);
  reading.settle(n, result === "done" || result === "skipped");
}

/** A run that was killed leaves no seal, and a torn end is told from a cut one by nothing but the next run's journal. */
async function requireSealed(
  state: StateFolder,
  name: string,
  { last, file }: { readonly last: string; readonly file: FileOfLines },
): Promise<void> {
  const seal = await state.read(sealName(name));
  if (seal === null || seal.includes(`"${last}"`)) return;
  throw damagedFile(file, "it was cut after it was closed");
}
