import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const version014 = "restic 0.14.0 compiled with go1.19.8 on linux/amd64";

/** A temporary folder with programs that stand in for restic, and the files they write. */
export class FakeResticFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), "holdfast-restic-"));

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** A shell script that answers `version` with `version` and does `body` for everything else, in this folder. */
  script(body: string, version: string = version014): string {
    const lines = ["#!/bin/sh", `if [ "$1" = version ]; then echo '${version}'; exit 0; fi`, `cd '${this.path}'`, body];
    return this.program("restic", `${lines.join("\n")}\n`);
  }

  /** A program of Node, for what a shell would change on its way: environment and words. */
  node(body: string): string {
    const answer = `if (process.argv[2] === "version") console.log("${version014}"); else {`;
    return this.program("restic", `#!${process.execPath}\n${answer}\n${body}\n}\n`);
  }

  program(name: string, text: string, mode = 0o755): string {
    const file = path.join(this.path, name);
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  has(name: string): boolean {
    return existsSync(path.join(this.path, name));
  }

  /** What a program wrote into `name`, without the last newline; empty where it wrote nothing. */
  text(name: string): string {
    return this.has(name) ? readFileSync(path.join(this.path, name), "utf8").trimEnd() : "";
  }

  /** Waits until a program has written `name`; fails after ten seconds. */
  async untilWritten(name: string): Promise<string> {
    for (let left = 1000; this.text(name) === ""; left--) {
      if (left === 0) throw new Error(`${name} was never written`);
      await wait(10);
    }
    return this.text(name);
  }
}

/** Waits until the process is gone; a zombie that nobody has waited for counts as gone. False after five seconds. */
export async function ends(pid: number): Promise<boolean> {
  for (let left = 500; left > 0; left--) {
    if (!isAlive(pid)) return true;
    await wait(10);
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/stat`;
  return !existsSync(status) || !/\) Z /.test(readFileSync(status, "utf8"));
}
