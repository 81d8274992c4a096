import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { Secret } from "../../src/base/secret.ts";
import { openSession, type ResticSession } from "../../src/restic/restic-session.ts";
import type { ResticProgram } from "../../src/restic/restic-program.ts";
import type { PurgingStore, Versioning } from "../../src/store/versioned-store.ts";
import { sampleAccess } from "../restic/sample-access.ts";
import { MemoryState } from "../rollback/memory-state.ts";
import { MemoryRepository } from "./memory-repository.ts";
import { MemoryRestic } from "./memory-restic.ts";
import { ScriptedClock } from "./scripted-clock.ts";

export const password = "correct horse battery";

export function sessionOf(program: ResticProgram, secret = password): ResticSession {
  return openSession(program, sampleAccess({ password: new Secret(secret) }), { variables: {}, cacheFolder: null });
}

/** A bucket, a host with its state folder, and a restic on it; the repository stands under `home/`. */
export class Scene {
  readonly clock = new ScriptedClock();
  readonly state = new MemoryState();
  readonly bucket: MemoryStore;

  constructor(versioning: Versioning = "enabled") {
    this.bucket = new MemoryStore(this.clock, versioning);
  }

  repository(store: PurgingStore = this.bucket): MemoryRepository {
    return new MemoryRepository(store, "home/", this.clock);
  }

  /** A restic that reaches the bucket through `store`. */
  restic(version = "0.19.1", store: PurgingStore = this.bucket): MemoryRestic {
    return new MemoryRestic({ version, repository: this.repository(store), clock: this.clock });
  }

  /** Every row of the bucket, as text, to compare. */
  async rows(): Promise<readonly string[]> {
    const rows: string[] = [];
    for await (const page of this.bucket.listVersions("")) rows.push(...page.map((row) => JSON.stringify(row)));
    return rows;
  }

  /** The keys that a plain reader sees. */
  async visible(prefix = ""): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.bucket.listCurrent(prefix)) keys.push(key);
    return keys;
  }
}
