import { createHash } from "node:crypto";
import { Failure } from "../../src/base/failure.ts";
import type { Instant } from "../../src/base/instant.ts";
import type {
  HeldLock,
  LineFile,
  LockHolder,
  ScratchFile,
  SealedFile,
  StateFolder,
  TextFile,
} from "../../src/base/state-folder.ts";

/** A state folder in memory that behaves as the port says; what was written counts as durable at once. */
export class MemoryState implements StateFolder {
  readonly files = new Map<string, string>();
  readonly #locks = new Set<string>();

  pathOf(name: string): string {
    return `/state/${name}`;
  }

  read(name: string): Promise<string | null> {
    return Promise.resolve(this.files.get(name) ?? null);
  }

  replace(name: string, text: string): Promise<void> {
    this.files.set(name, text);
    return Promise.resolve();
  }

  create(name: string): Promise<LineFile> {
    if (this.files.has(name)) return Promise.reject(exists(name));
    this.files.set(name, "");
    return this.append(name);
  }

  append(name: string): Promise<LineFile> {
    return Promise.resolve({
      path: this.pathOf(name),
      write: (line: string) => {
        this.files.set(name, `${this.files.get(name) ?? ""}${line}\n`);
        return Promise.resolve();
      },
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
  }

  list(folder: string): Promise<readonly string[]> {
    const start = `${folder}/`;
    const names = [...this.files.keys()]
      .filter((name) => name.startsWith(start))
      .map((name) => name.slice(start.length));
    return Promise.resolve(names);
  }

  open(name: string): Promise<TextFile | null> {
    const text = this.files.get(name.replace("/state/", ""));
    if (text === undefined) return Promise.resolve(null);
    return Promise.resolve(textFile(name.startsWith("/") ? name : this.pathOf(name), text));
  }

  createSealed(name: string): Promise<SealedFile> {
    if (this.files.has(name)) return Promise.reject(exists(name));
    this.files.set(name, "");
    const whole = (): string => this.files.get(name) ?? "";
    return Promise.resolve({
      path: this.pathOf(name),
      write: (text: string | Uint8Array) => {
        this.files.set(name, whole() + textOf(text));
        return Promise.resolve();
      },
      seal: () => Promise.resolve(createHash("sha256").update(whole()).digest("hex")),
      abandon: () => Promise.resolve(),
    });
  }

  scratch(): Promise<ScratchFile> {
    const lines: string[] = [];
    return Promise.resolve({
      write: (line: string | Uint8Array) => {
        lines.push(...textOf(line).split("\n"));
        return Promise.resolve();
      },
      lines: () => once(lines),
      close: () => Promise.resolve(),
    });
  }

  lock(name: string): Promise<HeldLock | LockHolder> {
    if (this.#locks.has(name)) return Promise.resolve({ kind: "taken", pid: 1, since: 0 as Instant });
    this.#locks.add(name);
    return Promise.resolve({
      kind: "held",
      release: () => {
        this.#locks.delete(name);
        return Promise.resolve();
      },
    });
  }
}

function textOf(text: string | Uint8Array): string {
  return typeof text === "string" ? text : Buffer.from(text).toString();
}

function textFile(path: string, whole: string): TextFile {
  const bytes = Buffer.from(whole);
  return {
    path,
    text: (from = 0) => once(bytes.subarray(from).toString()),
    sha256: () => Promise.resolve(createHash("sha256").update(bytes).digest("hex")),
  };
}

async function* once<T>(value: T): AsyncIterable<T> {
  yield await Promise.resolve(value);
}

function exists(name: string): Failure {
  return new Failure({ kind: "state-unwritable", action: "create", subject: name, problem: "it exists", hint: "" });
}
