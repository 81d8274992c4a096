import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { LocalStore } from "../../adapters/local-store/local-store.ts";
import {
  administerBucket,
  destroyEverything,
  type BucketAdministration,
} from "../../adapters/s3/bucket-administration.ts";
import { Failure } from "../../base/failure.ts";
import type { Role } from "../../base/role.ts";
import type { HistoryRow } from "../../store/object-version.ts";
import { audit } from "../commands/audit.ts";
import { backup } from "../commands/backup.ts";
import { check } from "../commands/check.ts";
import { init } from "../commands/init.ts";
import { restore } from "../commands/restore.ts";
import { rollbackApply } from "../commands/rollback-apply.ts";
import { rollbackPlan } from "../commands/rollback-plan.ts";
import { rollbackVerify } from "../commands/rollback-verify.ts";
import { snapshots } from "../commands/snapshots.ts";
import type { Invocation } from "../invocation.ts";
import { count, counted, size } from "../render/figures.ts";
import type { Task } from "../render/task-list.ts";
import { attack, type AttackReport } from "./attack.ts";
import { openDemoHost, type DemoHost } from "./demo-host.ts";
import type { StoreChoice } from "./demo-store.ts";
import { forgeSnapshots, type ForgeryReport } from "./forgery.ts";
import { changeSomeFiles, compareFolders, copySample, filesOf, sampleWords } from "./sample-files.ts";
import type { FolderComparison, Sample } from "./sample-files.ts";

export interface DemoSetting {
  readonly invocation: Invocation;
  readonly folder: string;
  readonly choice: StoreChoice;
  readonly restic: { file(): Promise<string> };
  readonly sample: Sample;
  readonly bucket: string;
}

type Result = Readonly<Record<string, unknown>>;

/** All that a demo found out. */
export interface Told {
  readonly store: LocalStore;
  readonly host: DemoHost;
  /** With its release. */
  readonly restic: string;
  readonly resticFile: string;
  /** What `holdfast audit` found a thief of each key could do. */
  readonly audited: Result;
  readonly files: number;
  readonly bytes: number;
  readonly forgery: ForgeryReport;
  readonly attacked: AttackReport;
  /** What restic said after the attack. */
  readonly resticSaid: string;
  readonly plan: Result;
  readonly applied: Result;
  readonly verified: Result;
  readonly checked: Result;
  readonly comparison: FolderComparison;
}

const prefix = "home/";

/** The demo's steps, each of which leaves what it found for the next. Everything is done by the commands that users have. */
export class DemoStory {
  readonly #setting: DemoSetting;
  readonly #told: Partial<{ -readonly [Field in keyof Told]: Told[Field] }> = {};
  #bucket: BucketAdministration | null = null;
  #owner: DemoHost | null = null;
  #lastSnapshot = "";

  constructor(setting: DemoSetting) {
    this.#setting = setting;
  }

  tasks(): readonly Task[] {
    const { signal } = this.#setting.invocation;
    const tasks: readonly Task[] = [
      { title: "start a versioned store", run: async () => await this.#start() },
      { title: "make a bucket and three keys", run: async () => await this.#setUp() },
      { title: "try what a thief could do", run: async () => await this.#audit() },
      { title: "back up", run: async () => await this.#backUp() },
      { title: "change files, back up again", run: async () => await this.#backUpAgain() },
      { title: "forge snapshots dated ahead", run: async () => await this.#forge() },
      { title: "attack with the stolen keys", run: async () => await this.#attack() },
      { title: "ask restic", run: async () => await this.#askRestic() },
      { title: "plan the rollback", run: async () => await this.#plan() },
      { title: "apply it", run: async () => await this.#apply() },
      { title: "verify it", run: async () => await this.#verify() },
      { title: "check every byte in the bucket", run: async () => await this.#check() },
      { title: "restore and compare", run: async () => await this.#restore() },
    ];
    return tasks.map(({ title, run }) => ({
      title,
      run: async () => {
        signal.throwIfAborted();
        const said = await run();
        signal.throwIfAborted();
        return said;
      },
    }));
  }

  told(): Told {
    return this.#told as Told;
  }

  /** The fields of the result line, see contract.md. */
  result(): Result {
    const { store, restic, audited, forgery, attacked, plan, applied, verified, comparison } = this.told();
    const { attempts, ...counts } = attacked;
    const { sample } = this.#setting;
    return {
      store: store.title,
      restic,
      sample: { files: sample.files.length, of: sample.found },
      audit: { passed: audited["passed"], failed: audited["failed"], surprises: audited["surprises"] },
      forgery,
      attack: { ...counts, attempts },
      rollback: {
        to: plan["to"],
        actions: plan["actions"],
        requests: applied["requests"],
        done: applied["done"],
        failed: applied["failed"],
        differing: verified["differing"],
      },
      proven: verified["proven"],
      restore: {
        files: comparison.files,
        identical: comparison.files - comparison.differing.length,
        bytes: comparison.bytes,
      },
    };
  }

  /** Destroys the bucket where the store goes on, and stops the store where it does not. Fails as the store fails. */
  async end(): Promise<void> {
    const { store } = this.#told;
    if (store === undefined) return;
    if (this.#bucket !== null && this.#owner !== null && store.isOutside === true) {
      await destroyEverything(await (await this.#owner.repository()).store("rescuer"), "");
      await this.#bucket.deleteBucket();
    }
    await store.stop();
  }

  async #start(): Promise<string> {
    const { choice, folder, invocation } = this.#setting;
    const inside = path.join(folder, "store");
    mkdirSync(inside, { mode: 0o700 });
    this.#told.store = await choice.start({ folder: inside, signal: invocation.signal });
    return this.#told.store.title;
  }

  async #setUp(): Promise<string> {
    const { invocation, folder, bucket: name, restic } = this.#setting;
    const { store } = this.told();
    const files = path.join(folder, "files");
    const location = `s3:${store.endpoint}/${name}/${prefix}`;
    const placed = {
      folder,
      location,
      provider: store.provider,
      password: randomBytes(20).toString("hex"),
      files,
      restic: await restic.file(),
    };
    this.#owner = openDemoHost(invocation, { ...placed, keys: new Map([["rescuer", store.owner]]) });
    const owner = await this.#owner.repository();
    const bucket = administerBucket(await owner.access("rescuer"));
    await bucket.createBucket();
    this.#bucket = bucket;
    this.#told.resticFile = path.resolve(placed.restic);
    const roles: readonly Role[] = ["writer", "pruner", "rescuer"];
    const keys = new Map<Role, LocalStore["owner"]>();
    for (const role of roles) keys.set(role, await store.makeKey({ role, bucket: name, prefix }));
    this.#told.host = openDemoHost(invocation, { ...placed, keys });
    const made = await this.#told.host.run(init);
    this.#told.restic = `restic ${(await (await this.#told.host.repository()).session("writer")).program.version.text}`;
    return `versioning ${String(made["versioning"])}, proven by trying`;
  }

  async #audit(): Promise<string> {
    this.#told.audited = await this.told().host.run(audit);
    return `${String(this.#told.audited["passed"])} trials as expected, ${String(this.#told.audited["failed"])} not`;
  }

  async #backUp(): Promise<string> {
    const { folder, sample } = this.#setting;
    mkdirSync(path.join(folder, "files"));
    await copySample(sample, path.join(folder, "files"));
    const done = await this.told().host.run(backup);
    return `${sampleWords(sample)}, ${size(Number(done["totalBytesProcessed"]))}`;
  }

  async #backUpAgain(): Promise<string> {
    const files = path.join(this.#setting.folder, "files");
    await changeSomeFiles(files);
    const done = await this.told().host.run(backup);
    this.#lastSnapshot = String(done["snapshotId"]);
    this.#told.files = (await filesOf(files)).length;
    this.#told.bytes = Number(done["totalBytesProcessed"]);
    return `${size(Number(done["dataAdded"]))} new`;
  }

  async #forge(): Promise<string> {
    const { folder, invocation } = this.#setting;
    const [files, copy] = [path.join(folder, "files"), path.join(folder, "copy")];
    const forgery = await forgeSnapshots({
      host: this.told().host,
      signal: invocation.signal,
      now: invocation.clock.now(),
      files,
      copy,
      prefix,
    });
    this.#told.forgery = forgery;
    return `restic forgets ${forgery.forgottenByRestic} of ${forgery.real} real ones, prune ${forgery.forgottenByHoldfast}`;
  }

  async #attack(): Promise<string> {
    const repository = await this.told().host.repository();
    const history: HistoryRow[] = [];
    for await (const page of (await repository.store("rescuer")).listVersions(prefix)) history.push(...page);
    const [writer, pruner] = [await repository.store("writer"), await repository.store("pruner")];
    this.#told.attacked = await attack({ writer, pruner, prefix, history });
    const { objects, deleted, overwritten } = this.#told.attacked;
    return `${count(overwritten)} overwritten, ${count(deleted)} of ${counted(objects, "object")} deleted`;
  }

  async #askRestic(): Promise<string> {
    try {
      await this.told().host.run(snapshots);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#told.resticSaid = (error.details["restic"] ?? error.problem).split("\n")[0] ?? "";
      return this.#told.resticSaid;
    }
    throw new Failure({
      kind: "defect",
      action: "attack",
      subject: this.#setting.bucket,
      problem: "restic still reads the repository after the attack",
      hint: "report this with the store's name and release",
    });
  }

  async #plan(): Promise<string> {
    const plan = await this.told().host.run(rollbackPlan, {}, { to: `snapshot:${this.#lastSnapshot}` });
    this.#told.plan = plan;
    const { liftMarker, copyVersion, hide } = plan["actions"] as Readonly<Record<string, number>>;
    return `${liftMarker ?? 0} to lift, ${copyVersion ?? 0} to copy, ${hide ?? 0} to hide, ${String(plan["proven"])} proven`;
  }

  async #apply(): Promise<string> {
    this.#told.applied = await this.told().host.run(rollbackApply, { plan: String(this.told().plan["name"]) });
    return `${String(this.#told.applied["done"])} done, ${String(this.#told.applied["failed"])} failed`;
  }

  async #verify(): Promise<string> {
    this.#told.verified = await this.told().host.run(rollbackVerify, { plan: String(this.told().plan["name"]) });
    return `${String(this.#told.verified["matching"])} as before, ${String(this.#told.verified["differing"])} different`;
  }

  async #check(): Promise<string> {
    this.#told.checked = await this.told().host.run(check, {}, { "read-data-subset": "100%" });
    return `${String(this.#told.checked["errors"])} errors`;
  }

  async #restore(): Promise<string> {
    const { folder } = this.#setting;
    const [files, target] = [path.join(folder, "files"), path.join(folder, "restored")];
    await this.told().host.run(restore, { snapshot: "latest" }, { target });
    this.#told.comparison = await compareFolders(files, path.join(target, files));
    const { differing } = this.#told.comparison;
    return differing.length === 0 ? "every byte identical" : `${counted(differing.length, "file")} differ`;
  }
}
