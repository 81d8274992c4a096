import { createHash } from "node:crypto";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { Duration } from "../../src/base/duration.ts";
import type { Finding } from "../../src/base/finding.ts";
import type { Instant } from "../../src/base/instant.ts";
import { objectKey, type ObjectKey } from "../../src/base/object-key.ts";
import { parseRepositoryLocation } from "../../src/base/repository-location.ts";
import { versionId } from "../../src/base/version-id.ts";
import { keyHistories } from "../../src/history/key-history.ts";
import { stateAt } from "../../src/history/state-at.ts";
import { applyPurge } from "../../src/purge/apply-purge.ts";
import { planPurge } from "../../src/purge/plan-purge.ts";
import type { PurgeApplyRequest, PurgePlan, PurgePlanRequest, PurgeResult } from "../../src/purge/purge-request.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore, Versioning } from "../../src/store/versioned-store.ts";
import { ScriptedClock } from "../doubles/scripted-clock.ts";
import { MemoryState } from "../rollback/memory-state.ts";

export const day = 86_400_000;
export const window = (35 * day) as Duration;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const nameOf = (content: string): string => createHash("sha256").update(content).digest("hex");

/** A bucket with a repository under `home/` and a trusted host that purges it. */
export class PurgeScene {
  readonly clock = new ScriptedClock();
  readonly state: MemoryState;
  readonly bucket: MemoryStore;
  /** Of each plan, the keys that were left. */
  readonly left: Finding[] = [];

  constructor(versioning: Versioning = "enabled", others: { bucket?: MemoryStore; state?: MemoryState } = {}) {
    this.bucket = others.bucket ?? new MemoryStore(this.clock, versioning);
    this.state = others.state ?? new MemoryState();
  }

  /** With what restic needs to open it. */
  static async repository(): Promise<PurgeScene> {
    const scene = new PurgeScene();
    await scene.put("config", "the config");
    await scene.put(scene.path("keys", "a key"), "a key");
    await scene.put(scene.path("snapshots", "a snapshot"), "a snapshot");
    return scene;
  }

  path(folder: "data" | "index" | "snapshots" | "keys" | "locks", content: string): string {
    const name = nameOf(content);
    return folder === "data" ? `data/${name.slice(0, 2)}/${name}` : `${folder}/${name}`;
  }

  key(path: string): ObjectKey {
    return objectKey(`home/${path}`);
  }

  async put(path: string, content: string): Promise<void> {
    await this.bucket.put(this.key(path), bytesOf(content));
  }

  async hide(path: string): Promise<void> {
    await this.bucket.hide([this.key(path)]);
  }

  /** A version that somebody lays on a key under a date and an ETag of his choice. */
  inject(
    path: string,
    { at, id, etag = "forged" }: { readonly at: Instant; readonly id: string; readonly etag?: string },
  ) {
    const common = { key: this.key(path), versionId: versionId(id), lastModified: at, owner: "thief" };
    this.bucket.inject({ kind: "version", ...common, size: 4, etag, storageClass: null, checksums: null });
  }

  pass(days: number): void {
    this.clock.pass(days * day);
  }

  async plan(changes: Partial<PurgePlanRequest> = {}): Promise<PurgePlan> {
    const location = parseRepositoryLocation("s3:http://store.example/backups/home");
    if (location === null) throw new RangeError("no location");
    this.left.length = 0;
    return await planPurge({
      repository: "home",
      location,
      store: this.bucket,
      state: this.state,
      clock: this.clock,
      window,
      order: "interleaved",
      dates: "all",
      onLeft: (finding) => this.left.push(finding),
      ...changes,
    });
  }

  async apply(plan: PurgePlan, changes: Partial<PurgeApplyRequest> = {}): Promise<PurgeResult> {
    return await applyPurge({
      plan,
      store: this.bucket,
      state: this.state,
      clock: this.clock,
      role: "purger",
      accessKey: "AK",
      ...changes,
    });
  }

  async purge(changes: Partial<PurgePlanRequest> = {}, store: PurgingStore = this.bucket): Promise<PurgeResult> {
    return await this.apply(await this.plan({ store, ...changes }), { store });
  }

  async rows(): Promise<readonly HistoryRow[]> {
    const rows: HistoryRow[] = [];
    for await (const page of this.bucket.listVersions("")) rows.push(...page);
    return rows;
  }

  /** `key version` of all that is there, markers as `key marker`. */
  async names(): Promise<readonly string[]> {
    return (await this.rows()).map(({ key, kind, versionId: id }) => `${key} ${kind} ${id}`);
  }

  /** What each key held at an instant, keys that held nothing left out. */
  async stateAt(at: Instant): Promise<Readonly<Record<string, string>>> {
    const held: Record<string, string> = {};
    for await (const { key, rows } of keyHistories(this.bucket.listVersions(""))) {
      const state = stateAt(rows, at);
      if (state.kind === "present") held[key] = state.version.versionId;
      if (state.kind === "ambiguous") held[key] = state.candidates.map((row) => row.versionId).join();
    }
    return held;
  }
}
