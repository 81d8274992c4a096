#!/usr/bin/env node
import { fstatSync, writeSync } from "node:fs";
import nodeModule from "node:module";
import manifest from "../../package.json" with { type: "json" };
import { exitCodeOf } from "./exit-code.ts";
import { isReaderGone, lostOutputLine } from "./render/lost-output.ts";
import { topLevelHelp } from "./top-level-help.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [, , first, ...more] = process.argv;

if (major < 22 || (major === 22 && minor < 18)) {
  await import("./bundled-node.ts").then(({ startOnBundledNode }) => startOnBundledNode(manifest.engines.node));
} else if (more.length === 0 && first === "--version") {
  print(`${manifest.version}\n`);
} else if (more.length === 0 && (first === "--help" || first === "-h")) {
  print(topLevelHelp(isTerminal() ? process.stdout.columns : 80));
} else {
  keepCompiledCode();
  await import("./main.ts").then(({ main }) => main(manifest.version));
}

/** Without process.stdout, whose streams take longer to load than all of this. A reader that left gets nothing. */
function print(text: string): void {
  try {
    writeSync(1, text);
  } catch (error) {
    if (isReaderGone(error)) return;
    // A pipe that another program made not to wait, and that is full: the stream knows how to wait.
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") {
      process.stdout.write(text);
      return;
    }
    process.exitCode = exitCodeOf("state-unwritable");
    process.stderr.write(`${lostOutputLine(error)}\n`);
  }
}

function isTerminal(): boolean {
  return fstatSync(1).isCharacterDevice() && process.stdout.isTTY;
}

/** Parsing the SDK and the schema takes longer than all that a short command does; a user without a home goes without. */
function keepCompiledCode(): void {
  const { XDG_CACHE_HOME: cache, HOME: home } = process.env;
  const folder = cache?.startsWith("/") === true ? cache : home?.startsWith("/") === true ? `${home}/.cache` : null;
  if (folder !== null) nodeModule.enableCompileCache(`${folder}/holdfast/compiled`);
}
