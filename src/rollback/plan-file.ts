import { ChainReader } from "../base/chained-lines.ts";
import type { Finding } from "../base/finding.ts";
import { LineSplitter } from "../base/line-splitter.ts";
import type { TextFile } from "../base/state-folder.ts";
import { compareKeys } from "../history/key-history.ts";
import { damagedFile, Fields } from "../history/line-fields.ts";
import type { FileOfLines } from "../history/line-fields.ts";
import type { AmbiguousKey } from "./decide.ts";
import * as lines from "./plan-lines.ts";
import type { PlanHeader } from "./plan-lines.ts";
import type { UnrecoverableKey } from "./plan.ts";
import { TotalsCounter } from "./plan-totals.ts";
import type { RollbackTotals } from "./plan-totals.ts";
import { stageIndex, stages } from "./stage.ts";
import type { Stage } from "./stage.ts";
import type { RollbackStep } from "./step.ts";

/** What a plan holds but for its steps. */
interface PlanLines {
  readonly header: PlanHeader;
  /** The first 10,000 of each; the totals count them all. */
  readonly ambiguous: readonly AmbiguousKey[];
  readonly unrecoverable: readonly UnrecoverableKey[];
  readonly findings: readonly Finding[];
  readonly totals: RollbackTotals;
  /** The hash of the last line; whoever notes it elsewhere can tell a forged plan. */
  readonly lastHash: string;
}

/**
 * A plan as it stands in its file, found whole and undamaged. What was not read so cannot be applied. Its steps stay in
 * the file, however many they are, and are read when they are asked for.
 */
export interface RollbackPlan extends PlanLines {
  readonly stepCount: number;
  stepCountOf(stage: Stage): number;
  /** The steps of one stage, by key, in batches. `damaged-file` where the file is not what it was when the plan was read. */
  steps(stage: Stage): AsyncIterable<readonly RollbackStep[]>;
  /** Every step, by key whatever its stage. `damaged-file` also where two steps are for one key. */
  stepsByKey(): AsyncIterable<RollbackStep>;
  /** Every key that is ambiguous, and every one that is lost, by key, in batches; `damaged-file` as `steps`. */
  ambiguousKeys(): AsyncIterable<readonly AmbiguousKey[]>;
  unrecoverableKeys(): AsyncIterable<readonly UnrecoverableKey[]>;
}

/** A thief who destroys for days must not fill the memory of whoever comes after him. */
const mostNamed = 10_000;

/**
 * Reads what `PlanWriter` wrote, holding no step. Fails with `damaged-file`, naming the line, where the chain breaks, the
 * end is missing, a field is not what it must be, the steps are out of their safe order or touch what no plan may, or
 * the totals do not match the lines.
 */
export async function readPlan(file: TextFile): Promise<RollbackPlan> {
  const reading = new PlanReading({ what: "plan", path: file.path });
  const splitter = new LineSplitter();
  for await (const piece of file.text()) for (const text of splitter.take(piece)) reading.take(text);
  return new FilePlan(file, reading.end(splitter.rest));
}

type NotedType = "ambiguous" | "unrecoverable" | "finding";

/** Where the steps of one stage begin, or the lines of one type. */
interface Mark {
  readonly of: number | NotedType;
  /** Bytes from the beginning of the file, and the hash of the line before. */
  readonly offset: number;
  readonly chain: string;
  readonly line: number;
  count: number;
}

interface ReadPlan extends PlanLines {
  readonly marks: readonly Mark[];
}

class PlanReading {
  readonly #file: FileOfLines;
  readonly #chain = new ChainReader();
  readonly #ambiguous: AmbiguousKey[] = [];
  readonly #unrecoverable: UnrecoverableKey[] = [];
  readonly #findings: Finding[] = [];
  readonly #marks: Mark[] = [];
  #header: PlanHeader | null = null;
  #counter = new TotalsCounter("");
  #totals: RollbackTotals | null = null;
  #before: RollbackStep | null = null;
  #noted = "";
  #line = 0;
  #offset = 0;

  constructor(file: FileOfLines) {
    this.#file = file;
  }

  take(text: string): void {
    const chain = this.#chain.last;
    const content = this.#chain.take(text);
    this.#line++;
    if (content === null) throw damagedFile(this.#file, `line ${this.#line} is damaged: the chain of hashes breaks`);
    const line = new Fields(content, this.#file, this.#line);
    if (this.#totals !== null) throw line.wrong("more follows after its end");
    if (this.#header === null) this.#begin(line);
    else this.#takeLine(line, this.#header, chain);
    this.#offset += utf8Length(text) + 1;
  }

  end(rest: string): ReadPlan {
    if (rest !== "") throw damagedFile(this.#file, `line ${this.#line + 1} is damaged: the last line is cut off`);
    const [header, totals] = [this.#header, this.#totals];
    if (header === null || totals === null) throw damagedFile(this.#file, "it has no header or no end");
    const listed = { ambiguous: this.#ambiguous, unrecoverable: this.#unrecoverable, findings: this.#findings };
    return { header, ...listed, totals, lastHash: this.#chain.last, marks: this.#marks };
  }

  #begin(line: Fields): void {
    this.#header = lines.headerOf(line);
    this.#counter = new TotalsCounter(this.#header.prefix);
  }

  #takeLine(line: Fields, header: PlanHeader, chain: string): void {
    const type = line.oneOf("type", ["step", "ambiguous", "unrecoverable", "finding", "totals"]);
    if (type === "totals") {
      this.#totals = checkedTotals(line, this.#counter);
      return;
    }
    if (type === "step") {
      this.#takeStep(line, lines.stepOf(line, header), chain);
      return;
    }
    this.#counter.other(type);
    const isFirst = this.#mark(type, { chain, line });
    if (type === "finding") addNamed(this.#findings, lines.findingOf(line));
    else {
      const noted = type === "ambiguous" ? lines.ambiguousOf(line) : lines.unrecoverableOf(line);
      if (!isFirst && compareKeys(this.#noted, noted.key) >= 0) throw line.wrong(`"${noted.key}" stands out of order`);
      this.#noted = noted.key;
      if ("candidates" in noted) addNamed(this.#ambiguous, noted);
      else addNamed(this.#unrecoverable, noted);
    }
  }

  /** Counts a line to what it belongs to; true for the first of it. */
  #mark(of: Mark["of"], { chain, line }: { readonly chain: string; readonly line: Fields }): boolean {
    const mark = this.#marks.at(-1);
    const isFirst = mark?.of !== of;
    if (isFirst && this.#marks.some((earlier) => earlier.of === of)) throw line.wrong("it stands apart from its like");
    if (isFirst) this.#marks.push({ of, offset: this.#offset, chain, line: this.#line, count: 1 });
    else mark.count++;
    return isFirst;
  }

  #takeStep(line: Fields, step: RollbackStep, chain: string): void {
    const prefix = this.#header?.prefix ?? "";
    const before = this.#before;
    const stage = stageIndex(step, prefix);
    const stageBefore = before === null ? -1 : stageIndex(before, prefix);
    const isOrdered = stage > stageBefore || (stage === stageBefore && compareKeys(before?.key ?? "", step.key) < 0);
    const isNext = step.n === (before?.n ?? 0) + 1;
    if (!isOrdered || !isNext) throw line.wrong(`step ${step.n} stands out of the safe order`);
    this.#mark(stage, { chain, line });
    this.#before = step;
    this.#counter.step(step);
  }
}

function addNamed<T>(list: T[], item: T): void {
  if (list.length < mostNamed) list.push(item);
}

class FilePlan implements RollbackPlan {
  readonly header: PlanHeader;
  readonly ambiguous: readonly AmbiguousKey[];
  readonly unrecoverable: readonly UnrecoverableKey[];
  readonly findings: readonly Finding[];
  readonly totals: RollbackTotals;
  readonly lastHash: string;
  readonly stepCount: number;
  readonly #file: TextFile;
  readonly #marks: readonly Mark[];

  constructor(file: TextFile, { marks, ...read }: ReadPlan) {
    this.header = read.header;
    this.ambiguous = read.ambiguous;
    this.unrecoverable = read.unrecoverable;
    this.findings = read.findings;
    this.totals = read.totals;
    this.lastHash = read.lastHash;
    this.stepCount = marks.reduce((sum, { of, count }) => sum + (typeof of === "number" ? count : 0), 0);
    this.#file = file;
    this.#marks = marks;
  }

  stepCountOf(stage: Stage): number {
    return this.#marks.find(({ of }) => of === stages.indexOf(stage))?.count ?? 0;
  }

  async *steps(stage: Stage): AsyncIterable<readonly RollbackStep[]> {
    yield* this.#linesOf(stages.indexOf(stage), (line) => lines.stepOf(line, this.header));
  }

  async *ambiguousKeys(): AsyncIterable<readonly AmbiguousKey[]> {
    yield* this.#linesOf("ambiguous", lines.ambiguousOf);
  }

  async *unrecoverableKeys(): AsyncIterable<readonly UnrecoverableKey[]> {
    yield* this.#linesOf("unrecoverable", lines.unrecoverableOf);
  }

  async *stepsByKey(): AsyncIterable<RollbackStep> {
    const heads: { step: RollbackStep; readonly rest: AsyncGenerator<RollbackStep> }[] = [];
    for (const stage of stages) {
      const rest = each(this.steps(stage));
      const first = await rest.next();
      if (first.done !== true) heads.push({ step: first.value, rest });
    }
    for (let last = ""; heads.length > 0;) {
      const head = heads.reduce((least, other) => (compareKeys(other.step.key, least.step.key) < 0 ? other : least));
      if (head.step.key === last) throw damagedFile(this.#fileOfLines(), `it has two steps for "${last}"`);
      last = head.step.key;
      yield head.step;
      const next = await head.rest.next();
      if (next.done === true) heads.splice(heads.indexOf(head), 1);
      else head.step = next.value;
    }
  }

  async *#linesOf<T>(of: Mark["of"], parse: (line: Fields) => T): AsyncGenerator<readonly T[]> {
    const mark = this.#marks.find((candidate) => candidate.of === of);
    if (mark === undefined) return;
    const chain = new ChainReader(mark.chain);
    const splitter = new LineSplitter();
    let seen = 0;
    for await (const piece of this.#file.text(mark.offset)) {
      const found: T[] = [];
      for (const text of splitter.take(piece)) {
        if (seen === mark.count) break;
        const content = chain.take(text);
        if (content === null) throw this.#wasChanged();
        found.push(parse(new Fields(content, this.#fileOfLines(), mark.line + seen)));
        seen++;
      }
      if (found.length > 0) yield found;
      if (seen === mark.count) return;
    }
    throw this.#wasChanged();
  }

  #fileOfLines(): FileOfLines {
    return { what: "plan", path: this.#file.path };
  }

  #wasChanged() {
    return damagedFile(this.#fileOfLines(), "it was changed while it was in use");
  }
}

async function* each<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}

function checkedTotals(line: Fields, counter: TotalsCounter): RollbackTotals {
  const written = line.within("actions");
  const state = line.within("stateAtT");
  const kept = state.count("available") - written.count("liftMarker") - written.count("copyVersion");
  const totals = counter.totals({ keep: written.count("keep"), kept });
  const { actions: byAction, stateAtT, ...figures } = totals;
  const areActionsRight = Object.entries(byAction).every(([action, count]) => written.count(action) === count);
  const isRest = Object.entries(figures).every(([figure, count]) => line.count(figure) === count);
  const isStateRight = kept >= 0 && kept <= byAction.keep && state.count("objects") === stateAtT.objects;
  if (!areActionsRight || !isRest || !isStateRight) throw line.wrong("its totals do not match its lines");
  return totals;
}

/** How many bytes a text takes in UTF-8, where lone surrogates take three as what stands in for them does. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    const isPair = unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    length += unit < 0x800 ? 1 : 2;
    if (isPair) index++;
  }
  return length;
}
