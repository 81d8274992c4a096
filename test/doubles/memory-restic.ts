import { Failure } from "../../src/base/failure.ts";
import type { Instant } from "../../src/base/instant.ts";
import { supports } from "../../src/restic/features.ts";
import type { ResticCall, ResticOutcome, ResticProgram } from "../../src/restic/restic-program.ts";
import { release } from "../restic/sample-access.ts";
import type { MemoryRepository } from "./memory-repository.ts";
import type { ScriptedClock } from "./scripted-clock.ts";
import { commandsOf, deliver, type ResticAnswer } from "./scripted-restic.ts";

export interface MemoryResticSetup {
  readonly version: string;
  readonly repository: MemoryRepository;
  readonly clock: ScriptedClock;
}

/**
 * A restic of any release over a repository in memory: what it does to the bucket, and in which words and exit codes it
 * tells of it. Flags that a release does not have end it, as they end the real one.
 */
export class MemoryRestic implements ResticProgram {
  readonly path = "/usr/bin/restic";
  readonly version;
  readonly calls: ResticCall[] = [];
  /** Until then another restic holds the repository. */
  lockedUntil: Instant | null = null;
  /** A restic that is no more has left its lock. */
  hasStaleLock = false;
  /** Runs when a command is through, before its caller hears of it. */
  onEnd: (command: string) => Promise<void> = () => Promise.resolve();
  readonly #repository: MemoryRepository;
  readonly #clock: ScriptedClock;

  constructor({ version, repository, clock }: MemoryResticSetup) {
    this.version = release(version);
    this.#repository = repository;
    this.#clock = clock;
  }

  get commands(): readonly string[] {
    return commandsOf(this.calls);
  }

  async run(call: ResticCall): Promise<ResticOutcome> {
    this.calls.push(call);
    const answer = await this.#answer(call).catch((error: unknown) => this.#ending(call, error));
    await this.onEnd(call.arguments[0] ?? "");
    return deliver(call, answer);
  }

  async #answer(call: ResticCall): Promise<ResticAnswer> {
    this.#refuseStrangeFlags(call);
    if (call.arguments[0] === "init") return await this.#init(call);
    const config = await this.#open(call);
    switch (call.arguments[0]) {
      case "cat":
        return { exitCode: 0, stdout: config.split("\n") };
      case "unlock":
        this.hasStaleLock = false;
        return { exitCode: 0 };
      case "snapshots":
        return await this.#snapshots();
      case "backup":
        await this.#lock(call);
        return await this.#backup(call);
      case "forget":
        if (call.arguments.includes("--dry-run")) {
          return {
            exitCode: 0,
            stdout: ["Would have removed the following snapshots:", "total prune: 4 blobs / 1.174 KiB"],
          };
        }
        await this.#lock(call);
        return await this.#forget(idsOf(call));
      case "prune":
        await this.#lock(call);
        return { exitCode: 0, stdout: pruneLines(await this.#repository.removeUnneeded()) };
      case "check":
        await this.#lock(call);
        return await this.#check();
      default:
        throw new RangeError(`no ${call.arguments.join(" ")} here`);
    }
  }

  async #init(call: ResticCall): Promise<ResticAnswer> {
    const place = call.environment["RESTIC_REPOSITORY"] ?? "";
    const password = passwordOf(call);
    if ((await this.#repository.open(password)).kind !== "absent") {
      throw new Fatal(1, `create repository at ${place} failed: config file already exists`);
    }
    // From 0.17 on; before, a second key beside the first made a repository that may not open.
    if (supports(this.version, "exit-codes-10-11") && (await this.#repository.names("keys")).length > 0) {
      throw new Fatal(1, `create key in repository at ${place} failed: repository already contains keys`);
    }
    const id = await this.#repository.create(password);
    if (!supports(this.version, "init-json")) {
      return { exitCode: 0, stdout: [`created restic repository ${id.slice(0, 10)} at ${place}`] };
    }
    return { exitCode: 0, stdout: [JSON.stringify({ message_type: "initialized", id, repository: place })] };
  }

  async #open(call: ResticCall): Promise<string> {
    const opening = await this.#repository.open(passwordOf(call));
    if (opening.kind === "opened") return opening.config;
    if (opening.kind === "wrong password") throw new Fatal(12, "wrong password or no key found");
    if (opening.kind === "damaged") {
      throw new Fatal(1, `config or key ${opening.key} is damaged: ciphertext verification failed`);
    }
    const said = "unable to open config file: Stat: The specified key does not exist.";
    const words = supports(this.version, "exit-codes-10-11") ? `repository does not exist: ${said}` : said;
    throw new Fatal(10, `${words}\nIs there a repository at the following location?`);
  }

  /** Waits as long as `--retry-lock` says. */
  async #lock(call: ResticCall): Promise<void> {
    const flag = call.arguments.find((word) => word.startsWith("--retry-lock="));
    const patience = Number(/=(\d+)s$/.exec(flag ?? "")?.[1] ?? 0) * 1000;
    const left = (this.lockedUntil ?? 0) - this.#clock.now();
    if (!this.hasStaleLock && left <= 0) return;
    if (!this.hasStaleLock && left <= patience) {
      await this.#clock.sleep(left);
      return;
    }
    throw new Fatal(
      11,
      "unable to create lock in backend: repository is already locked by PID 10912 on vm by root (UID 0, GID 0)",
      "",
    );
  }

  /** Leaves out what it cannot read, says so on stderr, and ends with 0: as every release does. */
  async #snapshots(): Promise<ResticAnswer> {
    const list = (await this.#repository.snapshots()).map(({ id, fields }) => {
      return { ...fields, id, short_id: id.slice(0, 8) };
    });
    const unread = (await this.#repository.damaged("snapshots")).map((id) =>
      supports(this.version, "full-snapshot-id")
        ? `Ignoring "${id}": failed to load snapshot ${id.slice(0, 8)}: LoadRaw(<snapshot/${id.slice(0, 10)}>): invalid data returned`
        : `could not load snapshot ${id.slice(0, 8)}: load <snapshot/${id.slice(0, 10)}>: invalid data returned`,
    );
    return { exitCode: 0, stdout: [JSON.stringify(list)], stderr: unread };
  }

  async #backup(call: ResticCall): Promise<ResticAnswer> {
    const isDryRun = call.arguments.includes("--dry-run");
    const paths = call.arguments.slice(call.arguments.indexOf("--") + 1);
    const id = isDryRun ? "a7ed28eb".padEnd(64, "0") : await this.#repository.addSnapshot({ paths });
    const summary = {
      message_type: "summary",
      files_new: 3,
      dirs_unmodified: 0,
      data_added: 901396,
      total_files_processed: 3,
      total_bytes_processed: 900000,
      total_duration: 0.25,
      snapshot_id: supports(this.version, "full-snapshot-id") ? id : id.slice(0, 8),
      ...(isDryRun ? { dry_run: true } : {}),
    };
    return { exitCode: 0, stdout: [JSON.stringify(summary)] };
  }

  async #forget(ids: readonly string[]): Promise<ResticAnswer> {
    await this.#repository.forget(ids);
    return { exitCode: 0, stdout: [`[0:00] 100.00%  ${ids.length} / ${ids.length} files deleted`] };
  }

  async #check(): Promise<ResticAnswer> {
    const missing = (await this.#repository.missingPacks()).map((name) => `pack ${name}: does not exist`);
    if (!supports(this.version, "check-json")) {
      if (missing.length === 0) return { exitCode: 0, stdout: ["load indexes", "no errors were found"] };
      return {
        exitCode: 1,
        stdout: ["load indexes", "check all packs"],
        stderr: [...missing, "Fatal: repository contains errors"],
      };
    }
    const stdout = [JSON.stringify({ message_type: "summary", num_errors: missing.length, broken_packs: null })];
    if (missing.length === 0) return { exitCode: 0, stdout };
    const errors = missing.map((message) => JSON.stringify({ message_type: "error", message: `${message}\n` }));
    const end = JSON.stringify({ message_type: "exit_error", code: 1, message: "Fatal: repository contains errors" });
    return { exitCode: 1, stdout, stderr: [...errors, end] };
  }

  #refuseStrangeFlags({ arguments: words }: ResticCall): void {
    const waits = words.some((word) => word.startsWith("--retry-lock"));
    if (waits && !supports(this.version, "retry-lock")) throw new Fatal(1, "unknown flag: --retry-lock", "");
  }

  /** How restic tells of it: by its exit codes since 0.17, in a line of JSON since 0.18 where JSON was asked for. */
  #ending(call: ResticCall, error: unknown): ResticAnswer {
    const fatal = error instanceof Failure && error.kind === "store-denied" ? refusedByStore : error;
    if (!(fatal instanceof Fatal)) throw error;
    const hasCode = supports(this.version, fatal.exitCode === 12 ? "exit-code-12" : "exit-codes-10-11");
    const exitCode = hasCode ? fatal.exitCode : 1;
    const isJson = call.arguments.includes("--json") && supports(this.version, "check-json");
    if (!isJson) return { exitCode, stderr: fatal.message.split("\n") };
    const { message } = fatal;
    return { exitCode, stderr: [JSON.stringify({ message_type: "exit_error", code: exitCode, message })] };
  }
}

/** An end with a message; the exit code is that of the newest release. */
class Fatal extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, problem: string, mark = "Fatal: ") {
    super(`${mark}${problem}`);
    this.exitCode = exitCode;
  }
}

const refusedByStore = new Fatal(1, "create key in repository failed: client.PutObject: Access Denied.");

function passwordOf({ environment }: ResticCall): string {
  return environment["RESTIC_PASSWORD"] ?? "";
}

/** The words after `--`. */
export function idsOf({ arguments: words }: ResticCall): readonly string[] {
  return words.slice(words.indexOf("--") + 1);
}

function pruneLines(packs: number): readonly string[] {
  const removal = [`removing ${packs} old packs`, `[0:00] 100.00%  ${packs} / ${packs} files deleted`];
  return ["loading all snapshots...", "searching used packs...", "", ...(packs === 0 ? [] : removal), "done"];
}
