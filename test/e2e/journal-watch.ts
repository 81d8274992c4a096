import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Host } from "./host.ts";

/** Follows the journal of the next run on a host. */
export class JournalWatch {
  readonly #folder: string;
  readonly #before: ReadonlySet<string>;

  /** To be opened before the run. */
  constructor(host: Host) {
    this.#folder = path.join(host.stateFolder, "journals");
    this.#before = new Set(this.#journals());
  }

  /** In bytes; 0 while there is none. */
  size(): number {
    const own = this.#own();
    return own === null ? 0 : statSync(own).size;
  }

  /** The action and folder of what the run said last that it was about to do. */
  stage(): string {
    const own = this.#own();
    if (own === null) return "before the journal";
    const intent = /^\{"type":"intent",.*"key":"[^/]+\/(\w+).*"action":"(\w+)".*\}$/gm;
    const [, folder = "", action = ""] = [...readFileSync(own, "utf8").matchAll(intent)].at(-1) ?? [];
    return folder === "" ? "before the first write" : `${action === "hide" ? "hide" : "bring back"} ${folder}`;
  }

  #own(): string | null {
    const [own] = this.#journals().filter((name) => !this.#before.has(name));
    return own === undefined ? null : path.join(this.#folder, own);
  }

  #journals(): readonly string[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return names.filter((name) => name.endsWith(".journal.jsonl")).sort();
  }
}
