import type { Instant } from "../base/instant.ts";
import type { ObjectKey } from "../base/object-key.ts";
import type { StateFolder } from "../base/state-folder.ts";
import type { HistoryPages, KeyHistory } from "../history/key-history.ts";
import { keyHistoryPages } from "../history/key-history.ts";
import { currentRow } from "../history/state-at.ts";
import { repositoryObject } from "../restic/layout.ts";
import { lockLifetime } from "../restic/lock-lifetime.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { isArchived } from "./archived.ts";
import { decideKey } from "./decide.ts";
import type { BringBack, Decision, DecisionGround, Hide } from "./decide.ts";
import type { DecidedKeys, Run } from "./decided-keys.ts";
import type { GoodVersionsCounter } from "./good-versions.ts";
import { KeySpill } from "./key-spill.ts";
import { planKey, planProven } from "./plan.ts";
import type { KeyPlan, PlanStyle } from "./plan.ts";
import type { FreshLock } from "./preflight.ts";
import { provenUnread } from "./prove-key.ts";
import type { Proven } from "./prove-key.ts";
import { CountBelow, SearchBelow } from "./repositories-below.ts";
import { rollbackObject } from "./stage.ts";

/** A decision for which bytes have to be read. */
export type OpenDecision = BringBack | Hide;

interface DecidingRequest {
  readonly ground: DecisionGround;
  readonly style: PlanStyle;
  readonly state: StateFolder;
  readonly decided: DecidedKeys;
  readonly good: GoodVersionsCounter;
  /** By the store's clock. */
  readonly now: Instant;
}

/** What of the small folders is read to see whether it is what its name says, though it will be hidden. */
const largestHiddenRead = 64 * 1024 * 1024;

/** How many locks are told one by one. */
const mostLocks = 100;

/**
 * Decides on every key of a history, page by page. What its history alone decides is handed on at once; histories whose
 * bytes have to be read wait on disk, and so do foreign objects, of which it is known only at the end whether they stand
 * in a repository below. Holds the histories of config, keys and snapshots.
 */
export class HistoryDecider {
  readonly #request: DecidingRequest;
  readonly #settled: Run;
  readonly #toProve: KeySpill;
  readonly #foreign: KeySpill;
  readonly #foreignToProve: KeySpill;
  readonly #search = new SearchBelow();
  readonly essentials: KeyHistory[] = [];
  readonly freshLocks: FreshLock[] = [];
  /** What stands in repositories below, known when all was read. */
  below = new CountBelow([]);
  versions = 0;
  keys = 0;
  /** Of what is to be proven: how many keys, and how many bytes if the first version of each is right. */
  toProve = 0;
  bytesToProve = 0;

  constructor(request: DecidingRequest) {
    this.#request = request;
    this.#settled = request.decided.run();
    this.#toProve = new KeySpill(request.state);
    this.#foreign = new KeySpill(request.state);
    this.#foreignToProve = new KeySpill(request.state);
  }

  async read(pages: HistoryPages, onPage: () => void): Promise<void> {
    for await (const page of keyHistoryPages(pages)) {
      for (const history of page) this.#take(history);
      await this.#settled.settle();
      await this.#toProve.settle();
      await this.#foreign.settle();
      onPage();
    }
    this.below = this.#search.found();
    await this.#decideForeign(this.below);
  }

  /** The decisions that bytes have to be read for, by key, those on foreign objects last. */
  async *open(): AsyncGenerator<OpenDecision> {
    for (const spill of [this.#toProve, this.#foreignToProve]) {
      for await (const lines of spill.lines()) {
        for (const line of lines) {
          const decision = decideKey(historyOf(line), this.#request.ground);
          if (decision.kind === "bringBack" || decision.kind === "hide") yield decision;
        }
      }
    }
  }

  async close(): Promise<void> {
    for (const spill of [this.#toProve, this.#foreign, this.#foreignToProve]) await spill.close();
  }

  #take(history: KeyHistory): void {
    const { ground } = this.#request;
    this.keys++;
    this.versions += history.rows.length;
    const path = history.key.slice(ground.prefix.length);
    const object = rollbackObject(path, []);
    if (object.kind === "leftOut") this.#seeLock(history);
    else if (object.kind === "foreign") {
      this.#search.see(path);
      this.#foreign.add(lineOf(history));
    } else this.#decide(decideKey(history, ground, object), history, { run: this.#settled, toProve: this.#toProve });
    const isEssential = object.kind === "config" || object.kind === "keys" || object.kind === "snapshots";
    if (isEssential) this.essentials.push(historyOf(lineOf(history)));
  }

  async #decideForeign(below: CountBelow): Promise<void> {
    const { ground, decided } = this.#request;
    const run = decided.run();
    for await (const lines of this.#foreign.lines()) {
      for (const line of lines) {
        const history = historyOf(line);
        if (below.take(history.key.slice(ground.prefix.length))) continue;
        this.#decide(decideKey(history, ground), history, { run, toProve: this.#foreignToProve });
      }
      await run.settle();
      await this.#foreignToProve.settle();
    }
  }

  #decide(
    decision: Decision,
    history: KeyHistory,
    { run, toProve }: { readonly run: Run; readonly toProve: KeySpill },
  ): void {
    const plan = this.#planUnread(decision);
    if (plan !== null) {
      run.take(plan);
      return;
    }
    toProve.add(lineOf(history));
    this.toProve++;
    if (decision.kind === "bringBack") this.bytesToProve += decision.wanted.size;
    else if (decision.kind === "hide") this.bytesToProve += decision.current.size;
  }

  #planUnread(decision: Decision): KeyPlan | null {
    const { ground, style, good } = this.#request;
    if (decision.kind === "hide") return isReadThoughHidden(decision, ground) ? null : planKey(decision);
    if (decision.kind !== "bringBack") return planKey(decision);
    const proven = provenUnread(decision, ground);
    return proven === null ? null : planBringBack(decision, proven, { style, good });
  }

  #seeLock({ key, rows }: KeyHistory): void {
    const { ground, now } = this.#request;
    const current = currentRow(rows);
    if (current?.kind !== "version" || this.freshLocks.length >= mostLocks) return;
    const isLock = repositoryObject(key.slice(ground.prefix.length)).kind === "lock";
    if (isLock && now - current.lastModified < lockLifetime) {
      this.freshLocks.push({ key, lastModified: current.lastModified });
    }
  }
}

/** The plan of a key that is brought back, with its good version noted. */
export function planBringBack(
  item: BringBack,
  proven: Proven,
  { style, good }: { readonly style: PlanStyle; readonly good: GoodVersionsCounter },
): KeyPlan {
  const plan = planProven(item, proven, style);
  if (plan.kind === "step" && proven.kind === "found") good.see(item.rows, proven.version);
  return plan;
}

function isReadThoughHidden({ object, current }: Hide, { canRead }: DecisionGround): boolean {
  const isSmall = object.kind === "index" || object.kind === "snapshots" || object.kind === "keys";
  return canRead && isSmall && current.size <= largestHiddenRead && !isArchived(current);
}

function lineOf({ key, rows }: KeyHistory): string {
  return `"key":${JSON.stringify(key)},"rows":${JSON.stringify(rows)}}`;
}

/** Reads what `lineOf` wrote; its texts are its own, and keep no page of a listing in memory. */
function historyOf(line: string): KeyHistory {
  return JSON.parse(`{${line}`) as { readonly key: ObjectKey; readonly rows: readonly HistoryRow[] };
}
