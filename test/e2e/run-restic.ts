import { execa } from "execa";
import path from "node:path";
import type { LocalKey } from "../../src/adapters/local-store/local-store.ts";
import { newestRestic, type Host } from "./host.ts";

export interface ResticRun {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface ResticOptions {
  /** Whose: the thief brings his own. */
  readonly key: LocalKey;
  /** Else the host's. */
  readonly password?: string;
}

/** Runs restic itself on a host's repository, without a cache that could hide what the bucket has lost. */
export async function runRestic(
  { folder, settings }: Host,
  words: readonly string[],
  { key, password = settings.password }: ResticOptions,
): Promise<ResticRun> {
  const { exitCode, stdout, stderr } = await execa(newestRestic(), ["--no-cache", ...words], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      TMPDIR: folder,
      XDG_CACHE_HOME: path.join(folder, "cache"),
      RESTIC_REPOSITORY: settings.location,
      RESTIC_PASSWORD: password,
      AWS_ACCESS_KEY_ID: key.accessKey,
      AWS_SECRET_ACCESS_KEY: key.secretKey.reveal(),
      ...(key.sessionToken === null ? {} : { AWS_SESSION_TOKEN: key.sessionToken.reveal() }),
    },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    timeout: 100_000,
  });
  return { code: exitCode, stdout, stderr };
}
