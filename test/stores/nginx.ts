import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { listening, startDaemon } from "../../src/adapters/local-store/daemon.ts";

export interface RunningNginx {
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

interface NginxRequest {
  readonly program: string;
  /** What stands in its `http` block. */
  readonly servers: string;
  /** One that answers once it is up. */
  readonly port: number;
}

/**
 * Runs a real nginx as the user who runs the test, in a folder of its own. Rejects with nginx's own words where `nginx -t`
 * does not pass.
 */
export async function startNginx({ program, servers, port }: NginxRequest): Promise<RunningNginx> {
  const folder = await mkdtemp(path.join(tmpdir(), "hf-nginx-"));
  const clear = async (): Promise<void> => await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const words = ["-p", folder, "-e", path.join(folder, "error.log"), "-c", path.join(folder, "nginx.conf")];
  const environment = { LD_LIBRARY_PATH: librariesOf(program) };
  try {
    await writeFile(path.join(folder, "nginx.conf"), configuration(servers));
    await promisify(execFile)(program, [...words, "-t", "-q"], { env: environment });
    const logFile = path.join(folder, "error.log");
    const daemon = startDaemon({ program, arguments: words, environment, logFile });
    try {
      await listening({ port, daemons: [daemon] });
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return { stop: async () => await daemon.stop().finally(clear) };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** What was unpacked beside it; nothing where nginx is the machine's own. */
function librariesOf(program: string): string {
  const root = path.resolve(path.dirname(program), "../..");
  return ["usr/lib", "lib"].map((folder) => path.join(root, folder, "x86_64-linux-gnu")).join(":");
}

/** One process that stays in the foreground, and every file in its own folder. */
function configuration(servers: string): string {
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${name};`);
  return [
    "daemon off;",
    "master_process off;",
    "pid nginx.pid;",
    "events {}",
    "http {",
    "  access_log access.log;",
    ...places,
    servers,
    "}",
    "",
  ].join("\n");
}
