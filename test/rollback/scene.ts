import { createHash } from "node:crypto";
import type { Clock } from "../../src/base/clock.ts";
import { Failure } from "../../src/base/failure.ts";
import { addMilliseconds, parseInstant } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { parseRepositoryLocation } from "../../src/base/repository-location.ts";
import { versionId } from "../../src/base/version-id.ts";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { AcceptWord } from "../../src/rollback/accept.ts";
import { planWords } from "../../src/rollback/accept.ts";
import { applyRollback } from "../../src/rollback/apply.ts";
import type { ApplyRequest, ApplyResult } from "../../src/rollback/apply.ts";
import { makeRollbackPlan } from "../../src/rollback/make-plan.ts";
import type { PlanRequest, RollbackPlanResult } from "../../src/rollback/plan-request.ts";
import { readPlan } from "../../src/rollback/plan-file.ts";
import type { RollbackPlan } from "../../src/rollback/plan-file.ts";
import { stages } from "../../src/rollback/stage.ts";
import type { RollbackStep } from "../../src/rollback/step.ts";
import { verifyRollback } from "../../src/rollback/verify.ts";
import type { VerifyRequest, VerifyResult } from "../../src/rollback/verify.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { MemoryState } from "./memory-state.ts";

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === null) throw new RangeError(text);
  return parsed;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** What a store or a disk answers that does not do what it is asked. */
export function failure(kind: "store-denied" | "store-unreachable" | "state-unwritable"): Failure {
  return new Failure({ kind, action: "write", subject: "bucket", problem: "no", hint: "" });
}

/** All steps of a plan, in its order. */
export async function stepsOf(plan: RollbackPlan): Promise<readonly RollbackStep[]> {
  const steps: RollbackStep[] = [];
  for (const stage of stages) for await (const batch of plan.steps(stage)) steps.push(...batch);
  return steps;
}

/** A clock that stands still until a test moves it. */
class HandClock implements Clock {
  #now = instant("2026-11-20T00:00:00Z");

  now(): Instant {
    return this.#now;
  }

  sleep(): Promise<void> {
    return Promise.resolve();
  }

  passMilliseconds(milliseconds: number): void {
    this.#now = addMilliseconds(this.#now, milliseconds);
  }

  /** Moves on by some minutes and gives the instant before moving. */
  pass(minutes: number): Instant {
    const before = this.#now;
    this.#now = addMilliseconds(before, minutes * 60_000);
    return before;
  }
}

/** A repository in a bucket in memory, with the hands of restic, of an intruder and of the user. */
export class Scene {
  readonly clock = new HandClock();
  readonly state = new MemoryState();
  readonly store = new MemoryStore(this.clock);
  readonly prefix = "home/";
  /** The T of a scene that a test prepares in a function of its own. */
  target = this.clock.now();

  key(path: string): ObjectKey {
    return objectKey(`${this.prefix}${path}`);
  }

  /** Stores a restic object under the name that its content asks for. */
  async restic(folder: "data" | "index" | "snapshots" | "keys" | "locks", content: string): Promise<ObjectKey> {
    const name = sha256(content);
    const key = this.key(folder === "data" ? `data/${name.slice(0, 2)}/${name}` : `${folder}/${name}`);
    await this.store.put(key, bytesOf(content));
    return key;
  }

  async put(key: ObjectKey, content: string): Promise<void> {
    await this.store.put(key, bytesOf(content));
  }

  async hide(...keys: readonly ObjectKey[]): Promise<void> {
    await this.store.hide(keys);
  }

  /** init and one backup, five minutes apart each; the instant after which all of it stands. */
  async repository(): Promise<{
    readonly pack: ObjectKey;
    readonly config: ObjectKey;
    readonly T: Instant;
    readonly all: readonly ObjectKey[];
  }> {
    const key = await this.restic("keys", "key 1");
    this.clock.pass(5);
    const config = this.key("config");
    await this.put(config, "config");
    this.clock.pass(5);
    const pack = await this.restic("data", "pack 1");
    const second = await this.restic("data", "pack 2");
    const index = await this.restic("index", "index 1");
    const snapshot = await this.restic("snapshots", "snapshot 1");
    const T = this.clock.now();
    this.clock.pass(60);
    return { pack, config, T, all: [key, config, pack, second, index, snapshot] };
  }

  /** A row with a date of its own choice on top of its key. */
  inject(key: ObjectKey, row: { readonly id: string; readonly at: Instant; readonly content?: string }): void {
    const common = { key, versionId: versionId(row.id), lastModified: row.at, owner: "thief" };
    if (row.content === undefined) {
      this.store.inject({ kind: "marker", ...common });
      return;
    }
    const bytes = bytesOf(row.content);
    this.store.inject(
      { kind: "version", ...common, size: bytes.length, etag: sha256(bytes), storageClass: null, checksums: null },
      bytes,
    );
  }

  async plan(
    to: Instant | string,
    more: Partial<PlanRequest> = {},
  ): Promise<{ result: RollbackPlanResult; plan: RollbackPlan; steps: readonly RollbackStep[] }> {
    const location = parseRepositoryLocation(`s3:https://s3.example.org/backups/${this.prefix}`);
    if (location === null) throw new RangeError("location");
    const result = await makeRollbackPlan({
      store: this.store,
      repository: "home",
      location,
      to: typeof to === "string" ? to : new Date(to).toISOString(),
      resolution: "millisecond",
      order: "interleaved",
      state: this.state,
      clock: this.clock,
      recordedConfigHash: null,
      ...more,
    });
    const file = await this.state.open(result.plan);
    if (file === null) throw new Error("the plan is not there");
    const plan = await readPlan(file);
    return { result, plan, steps: await stepsOf(plan) };
  }

  text(path: string): string {
    return this.state.files.get(path.replace("/state/", "")) ?? "";
  }

  async apply(plan: RollbackPlan, more: Partial<ApplyRequest> = {}): Promise<ApplyResult> {
    const accepted = new Set<AcceptWord>(planWords);
    return await applyRollback({ plan, store: this.store, clock: this.clock, state: this.state, accepted, ...more });
  }

  async verify(plan: RollbackPlan, more: Partial<VerifyRequest> = {}): Promise<VerifyResult> {
    return await verifyRollback({ plan, store: this.store, state: this.state, recordedConfigHash: null, ...more });
  }

  async rows(): Promise<readonly HistoryRow[]> {
    return (await collected(this.store.listVersions(""))).flat();
  }

  /** What a plain reader sees now: each visible key with its content, locks left out. */
  async visible(store: MemoryStore = this.store): Promise<Readonly<Record<string, string>>> {
    const seen: Record<string, string> = {};
    for await (const { key } of store.listCurrent(this.prefix)) {
      if (key.startsWith(this.key("locks/"))) continue;
      const content = await store.read(key, null);
      const chunks = content === null ? [] : await collected(content.bytes);
      seen[key] = Buffer.concat(chunks).toString();
    }
    return seen;
  }
}
