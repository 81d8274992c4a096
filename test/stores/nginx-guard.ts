import { readFileSync } from "node:fs";
import path from "node:path";
import { inject } from "vitest";
import { freePorts } from "../../src/adapters/local-store/free-ports.ts";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { startNginx } from "./nginx.ts";

/** One MinIO behind the guard that ships, reached by two ports. */
export interface Guard {
  /** For everyone. */
  readonly everyone: LocalStore;
  /** For the rescuer, from 127.0.0.1 alone. */
  readonly rescuer: LocalStore;
  stop(): Promise<void>;
}

const template = path.resolve(import.meta.dirname, "../../templates/minio-guard/minio-guard.conf");

/** Whether this machine can have an nginx. */
export function nginxIsHere(): boolean {
  return inject("nginx") !== null;
}

/** Puts templates/minio-guard, filled in, before the store. Stopping it leaves the store as it is. */
export async function startGuard(local: LocalStore): Promise<Guard> {
  const program = inject("nginx");
  if (program === null) throw new Error("this machine has no nginx");
  const port = await freePorts(2);
  const values: Readonly<Record<string, string>> = {
    MINIO: new URL(local.endpoint).host,
    LISTEN: `127.0.0.1:${port}`,
    RESCUER_LISTEN: `127.0.0.1:${port + 1}`,
    RESCUER_FROM: "127.0.0.1/32",
  };
  const servers = Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`\${${name}}`, value),
    readFileSync(template, "utf8"),
  );
  const nginx = await startNginx({ program, servers, port });
  return {
    everyone: { ...local, endpoint: `http://127.0.0.1:${port}` },
    rescuer: { ...local, endpoint: `http://127.0.0.1:${port + 1}` },
    stop: async () => await nginx.stop(),
  };
}
