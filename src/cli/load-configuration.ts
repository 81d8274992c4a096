import { access, readFile } from "node:fs/promises";
import { openSecretSources } from "../adapters/secret-sources.ts";
import { Failure } from "../base/failure.ts";
import type { Configuration } from "../config/configuration.ts";
import { configurationCandidates } from "../config/discovery.ts";
import type { SecretSources } from "../config/secret-reference.ts";
import type { Invocation } from "./invocation.ts";

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** The file it came from. */
  readonly file: string;
}

/** Finds and reads the configuration of this run. Fails with `config` where there is none, saying where it looked. */
export async function loadConfiguration(invocation: Invocation): Promise<LoadedConfiguration> {
  const candidates = configurationCandidates({
    flag: invocation.options.config,
    variables: invocation.variables,
    isRoot: process.getuid?.() === 0,
  });
  for (const file of candidates) {
    const text = await textOf(file);
    if (text !== null) {
      const configuration = await import("../config/parse.ts").then((parse) => parse.parseConfiguration(text, file));
      return { configuration, file };
    }
  }
  throw new Failure({
    kind: "config",
    action: "find the configuration",
    subject: candidates.join(", "),
    problem: candidates.length === 1 ? "there is no such file" : "none of these files is there",
    hint: `write one (docs/configuration.md, templates/config.yaml) to ${candidates[0] ?? "a file"}, or name it: --config FILE`,
  });
}

async function textOf(file: string): Promise<string | null> {
  try {
    await access(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  }
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Failure({
      kind: "config",
      action: "read the configuration",
      subject: file,
      problem: error instanceof Error ? error.message : "it cannot be read",
      hint: "check the file and its permissions",
      cause: error,
    });
  }
}

export function secretSources(invocation: Invocation): SecretSources {
  return openSecretSources(invocation.variables);
}
