import { ChainWriter } from "../base/chained-lines.ts";
import type { Line } from "../base/chained-lines.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { LineFile, StateFolder } from "../base/state-folder.ts";
import { versionId } from "../base/version-id.ts";
import type { VersionId } from "../base/version-id.ts";
import { objectKey } from "../base/object-key.ts";
import type { ObjectKey } from "../base/object-key.ts";
import { chainedLines, damagedFile } from "../history/line-fields.ts";
import type { Fields } from "../history/line-fields.ts";
import { journalNames, compactInstant } from "./file-names.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { actions } from "./step.ts";
import type { RollbackStep } from "./step.ts";

const results = ["done", "skipped", "failed", "changed"] as const;
export type StepResult = (typeof results)[number];

/** A line of a journal, read back. */
type JournalEntry =
  | { readonly type: "begin"; readonly plan: string; readonly startedAt: Instant }
  /** About to be done; durable before the request goes out. `markers` are the ids that are about to be lifted. */
  | {
      readonly type: "intent";
      readonly n: number;
      readonly key: ObjectKey;
      readonly action: RollbackStep["action"];
      readonly markers: readonly VersionId[];
    }
  | { readonly type: "outcome"; readonly n: number; readonly result: StepResult; readonly problem: string | null }
  | { readonly type: "end"; readonly endedAt: Instant };

/** What one run of `apply` does, written ahead. Each run has a journal of its own, so a torn end is never written on. */
export class Journal {
  readonly name: string;
  readonly #file: LineFile;
  readonly #chain = new ChainWriter();

  private constructor(name: string, file: LineFile) {
    this.name = name;
    this.#file = file;
  }

  /**
   * Begins the journal of a further run. Fails with `damaged-file` where the journal of an earlier run of this plan was
   * edited or belongs to another plan; an end torn off by a crash is no damage.
   */
  static async begin(state: StateFolder, plan: RollbackPlan, startedAt: Instant): Promise<Journal> {
    const { repository, to } = plan.header;
    const stem = `${repository}-${compactInstant(to)}-${plan.lastHash.slice(0, 8)}`;
    const { earlier, next } = await journalNames(state, stem);
    for (const name of earlier)
      requireOwn(parseJournal((await state.read(name)) ?? "", state.pathOf(name)), plan, state.pathOf(name));
    const journal = new Journal(next, await state.create(next));
    const run = { plan: plan.lastHash, evidence: plan.header.evidence.sha256, previous: earlier.at(-1) ?? null };
    await journal.#write({ type: "begin", version: 1, ...run, startedAt: formatInstant(startedAt) });
    await journal.#file.flush();
    return journal;
  }

  get path(): string {
    return this.#file.path;
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

  /** Buffered; durable with the next `intend` or `end`. A lost outcome costs a look, no wrong write. */
  async outcome(step: RollbackStep, result: StepResult, problem: string | null = null): Promise<void> {
    await this.#write({ type: "outcome", n: step.n, result, problem });
  }

  async end(endedAt: Instant): Promise<void> {
    await this.#write({ type: "end", endedAt: formatInstant(endedAt) });
    await this.close();
  }

  /** For a run that stopped: durable, without an end. */
  async close(): Promise<void> {
    await this.#file.flush();
    await this.#file.close();
  }

  async #write(line: Line): Promise<void> {
    await this.#file.write(this.#chain.line(line));
  }
}

/**
 * Reads a journal. A last line without its newline was torn off by a crash and is passed over; any other damage is a
 * `damaged-file` failure.
 */
function parseJournal(text: string, path: string): readonly JournalEntry[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return chainedLines(whole, { what: "journal", path }).lines.map(entryOf);
}

function entryOf(line: Fields): JournalEntry {
  const type = line.oneOf("type", ["begin", "intent", "outcome", "end"]);
  switch (type) {
    case "begin":
      return { type, plan: line.text("plan"), startedAt: line.instant("startedAt") };
    case "intent": {
      const step = { n: line.count("n"), key: objectKey(line.text("key")), action: line.oneOf("action", actions) };
      return { type, ...step, markers: line.texts("markers").map(versionId) };
    }
    case "outcome":
      return { type, n: line.count("n"), result: line.oneOf("result", results), problem: line.textOrNull("problem") };
    case "end":
      return { type, endedAt: line.instant("endedAt") };
  }
}

function requireOwn(entries: readonly JournalEntry[], plan: RollbackPlan, path: string): void {
  const [first] = entries;
  if (first === undefined || (first.type === "begin" && first.plan === plan.lastHash)) return;
  throw damagedFile({ what: "journal", path }, "it belongs to another plan");
}
