import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { listening, startDaemon } from "../../../src/adapters/local-store/daemon.ts";
import { freePorts } from "../../../src/adapters/local-store/free-ports.ts";
import { newestRestic } from "../host.ts";
import { layPrograms } from "./recipe-programs.ts";
import { filledTemplate } from "./recipe-template.ts";
import { runProgram, succeed, type ProgramRun } from "./run-program.ts";

/** A real rest-server, run as the template's unit runs it, and the one host `home` that backs up to it. */
export interface AppendOnlyServer {
  readonly folder: string;
  /** The folder of the repository on the server. */
  readonly repository: string;
  /** restic on the host, over HTTPS. */
  overNetwork(...words: readonly string[]): Promise<ProgramRun>;
  /** restic on the server, over the local path. */
  onServer(...words: readonly string[]): Promise<ProgramRun>;
  /** What the server answers a request of somebody with the host's password. */
  ask(method: string, place: string, body?: Uint8Array): Promise<number>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

interface Listening {
  readonly folder: string;
  readonly port: number;
  readonly certificate: string;
  readonly secret: string;
}

/** `packages` as `fetchRecipePackages` gives them: openssl makes the certificate. */
export async function startAppendOnlyServer(program: string, packages: string): Promise<AppendOnlyServer> {
  const folder = mkdtempSync(path.join(tmpdir(), "hf-rest-"));
  const at = (name: string): string => path.join(folder, name);
  const [certificate, key] = [at("cert.pem"), at("key.pem")];
  const { bin, environment } = layPrograms(packages, folder);
  const about = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate];
  await succeed([`${bin}/openssl`, "req", "-x509", ...made, ...about], environment);
  const secret = randomBytes(16).toString("hex");
  const account = (name: string): string => `${name}:{SHA}${createHash("sha1").update(secret).digest("base64")}\n`;
  writeFileSync(at("htpasswd"), `${account("home")}${account("other")}`);
  mkdirSync(at("restic"));
  const port = await freePorts(1);
  const unit = filledTemplate("rest-server.service", {
    "/usr/local/bin/rest-server": program,
    "/srv/restic": at("restic"),
    "/etc/rest-server": folder,
    ":8000": `127.0.0.1:${port}`,
  });
  const [, ...words] = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "").split(" ");
  const daemon = startDaemon({ program, arguments: words, environment, logFile: at("log") });
  await listening({ port, daemons: [daemon] });
  const place = { folder, port, certificate, secret };
  return {
    folder,
    repository: at("restic/home"),
    ...resticOf(place, at("restic/home")),
    ask: async (method, target, body) => await ask(place, { method, target, body }),
    stop: async () => await daemon.stop(),
    remove: async () => {
      await daemon.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Restic = Pick<AppendOnlyServer, "overNetwork" | "onServer">;

function resticOf({ folder, port, certificate, secret }: Listening, repository: string): Restic {
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    RESTIC_PASSWORD: "the password of home",
    RESTIC_PROGRESS_FPS: "1",
  };
  const remote = { RESTIC_REPOSITORY: `rest:https://127.0.0.1:${port}/home/`, RESTIC_CACERT: certificate };
  const account = { RESTIC_REST_USERNAME: "home", RESTIC_REST_PASSWORD: secret };
  const run = async (words: readonly string[], more: Readonly<Record<string, string>>): Promise<ProgramRun> =>
    await runProgram([newestRestic(), "--no-cache", ...words], { ...environment, ...more });
  return {
    overNetwork: async (...words) => await run(words, { ...remote, ...account }),
    onServer: async (...words) => await run(words, { RESTIC_REPOSITORY: repository }),
  };
}

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly body: Uint8Array | undefined;
}

async function ask({ port, certificate, secret }: Listening, { method, target, body }: Asked): Promise<number> {
  const options = {
    ...{ host: "127.0.0.1", port, method, path: target },
    ca: readFileSync(certificate),
    auth: `home:${secret}`,
    agent: false,
  };
  return await new Promise((resolve, reject) => {
    const sent = request(options, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    sent.on("error", reject).end(body);
  });
}
