import { ChainWriter } from "../base/chained-lines.ts";
import type { Line } from "../base/chained-lines.ts";
import { formatInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import type { LineFile, StateFolder } from "../base/state-folder.ts";
import type { Fields } from "../history/line-fields.ts";
import { readChained } from "../history/read-chained.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { purgeFile, purgeStems } from "./purge-files.ts";

/** What a run may destroy, and with whose key. An access key id is no secret. */
export interface PurgeRun {
  readonly repository: string;
  readonly location: string;
  readonly cutoff: Instant;
  /** SHA-256 of the evidence. */
  readonly evidence: string;
  readonly role: string;
  readonly accessKey: string | null;
  readonly startedAt: Instant;
}

/** What became of the rows that a run was to destroy. */
export interface PurgeCounts {
  readonly versionsRemoved: number;
  readonly markersRemoved: number;
  readonly bytesFreed: number;
  /** Rows that the store refused to destroy. */
  readonly failed: number;
}

/** What one run destroys, written ahead as chained lines. Each run has a journal of its own. */
export class PurgeJournal {
  readonly #file: LineFile;
  readonly #chain = new ChainWriter();

  private constructor(file: LineFile) {
    this.#file = file;
  }

  /** Durable on return; `state-unwritable` where a journal of that stem is there already. */
  static async begin(state: StateFolder, stem: string, run: PurgeRun): Promise<PurgeJournal> {
    const journal = new PurgeJournal(await state.create(purgeFile("journal", stem)));
    const times = { cutoff: formatInstant(run.cutoff), startedAt: formatInstant(run.startedAt) };
    await journal.#write({ type: "begin", version: 1, ...run, ...times });
    await journal.#file.flush();
    return journal;
  }

  get path(): string {
    return this.#file.path;
  }

  /** Durable on return. */
  async intend(rows: readonly HistoryRow[]): Promise<void> {
    for (const { kind, key, versionId } of rows) await this.#write({ type: "intent", kind, key, versionId });
    await this.#file.flush();
  }

  /** Buffered; durable with the next `intend` or `end`. A lost outcome costs nothing: the next run lists what is left. */
  async done(rows: number): Promise<void> {
    await this.#write({ type: "done", rows });
  }

  /** Buffered. */
  async failed({ key, versionId }: HistoryRow, problem: string): Promise<void> {
    await this.#write({ type: "failed", key, versionId, problem });
  }

  async end(endedAt: Instant, counts: PurgeCounts): Promise<void> {
    await this.#write({ type: "end", endedAt: formatInstant(endedAt), ...counts });
    await this.close();
  }

  /** For a run that stopped: durable, without an end. */
  async close(): Promise<void> {
    try {
      await this.#file.flush();
    } finally {
      await this.#file.close();
    }
  }

  async #write(line: Line): Promise<void> {
    await this.#file.write(this.#chain.line(line));
  }
}

/** A run that came to no end: killed, interrupted, or stopped by the store. */
export interface BrokenRun {
  readonly journal: string;
  readonly startedAt: Instant;
  /** Rows of which the request to destroy them may have gone out, and of which the answer is known. */
  readonly intended: number;
  readonly done: number;
}

/**
 * The last run of a repository where it came to no end; null otherwise. `damaged-file` where its journal was edited; an end
 * torn off by a crash is no damage.
 */
export async function brokenRun(state: StateFolder, repository: string): Promise<BrokenRun | null> {
  const stem = (await purgeStems(state, "journal", repository)).at(-1);
  if (stem === undefined) return null;
  const name = purgeFile("journal", stem);
  const about = { what: "journal of a purge", path: state.pathOf(name) };
  const run = { startedAt: null as Instant | null, intended: 0, done: 0, isEnded: false };
  await readChained(await state.open(name), about, (line) => {
    take(line, run);
  });
  const { startedAt, intended, done, isEnded } = run;
  return startedAt === null || isEnded ? null : { journal: about.path, startedAt, intended, done };
}

interface Reading {
  startedAt: Instant | null;
  intended: number;
  done: number;
  isEnded: boolean;
}

function take(line: Fields, run: Reading): void {
  switch (line.oneOf("type", ["begin", "intent", "done", "failed", "end"])) {
    case "begin":
      run.startedAt = line.instant("startedAt");
      break;
    case "intent":
      run.intended++;
      break;
    case "done":
      run.done += line.count("rows");
      break;
    case "failed":
      break;
    case "end":
      run.isEnded = true;
  }
}
