import { Failure } from "../../src/base/failure.ts";
import type { LineFile, StateFolder } from "../../src/base/state-folder.ts";

/** A state folder in memory that behaves as the port says; what was written counts as durable at once. */
export class MemoryState implements StateFolder {
  readonly files = new Map<string, string>();

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
}

function exists(name: string): Failure {
  return new Failure({ kind: "state-unwritable", action: "create", subject: name, problem: "it exists", hint: "" });
}
