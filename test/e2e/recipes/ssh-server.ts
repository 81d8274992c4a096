import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { listening, startDaemon } from "../../../src/adapters/local-store/daemon.ts";
import { freePorts } from "../../../src/adapters/local-store/free-ports.ts";
import { canRun, type RecipePrograms } from "./recipe-programs.ts";
import { succeed } from "./run-program.ts";

/** Who logs in: a server that is not root can only let its own account in. */
export const account = userInfo().username;
const isRoot = userInfo().uid === 0;

/** As root, sshd wants an account and a folder of the system, which it gets in a mount namespace of its own. */
export const canServeSsh = !isRoot || canRun("unshare", "--mount", "true");

export interface SshServer {
  readonly port: number;
  /** A known_hosts file with its key. */
  readonly knownHosts: string;
  stop(): Promise<void>;
}

/** Makes a key pair without a passphrase at `file` and gives its public half. */
export async function makeSshKey({ bin, environment }: RecipePrograms, file: string): Promise<string> {
  await succeed([`${bin}/ssh-keygen`, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file], environment);
  return readFileSync(`${file}.pub`, "utf8").trim();
}

/** Starts a real sshd on 127.0.0.1; `settings` follow what a test needs of sshd_config. */
export async function startSshServer(
  programs: RecipePrograms,
  { folder, settings }: { readonly folder: string; readonly settings: string },
): Promise<SshServer> {
  mkdirSync(folder);
  const port = await freePorts(1);
  const hostKey = path.join(folder, "host-key");
  const publicKey = await makeSshKey(programs, hostKey);
  const configuration = path.join(folder, "sshd_config");
  // The test's folder lies below /tmp, which everybody may write.
  const own = ["ListenAddress 127.0.0.1", `Port ${port}`, `HostKey ${hostKey}`, "PidFile none", "StrictModes no"];
  const only = ["UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no"];
  writeFileSync(configuration, [...own, ...only, settings, ""].join("\n"));
  const knownHosts = path.join(folder, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${publicKey}\n`);
  const sshd = [`${programs.bin}/sshd`, "-D", "-e", "-f", configuration];
  const [program = "", ...words] = isRoot ? inNamespace(folder, sshd) : sshd;
  const daemon = startDaemon({
    program,
    arguments: words,
    environment: programs.environment,
    logFile: path.join(folder, "log"),
  });
  try {
    await listening({ port, daemons: [daemon] });
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return { port, knownHosts, stop: async () => await daemon.stop() };
}

function inNamespace(folder: string, command: readonly string[]): readonly string[] {
  const accounts = path.join(folder, "passwd");
  const known = readFileSync("/etc/passwd", "utf8");
  const line = /^sshd:/m.test(known) ? "" : "sshd:x:64001:65534::/run/sshd:/usr/sbin/nologin\n";
  writeFileSync(accounts, `${known}${line}`);
  const prepare = 'mount --bind "$0" /etc/passwd && mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"';
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", prepare, accounts, ...command];
}

/** The words of an ssh to a server with a key; the last of them is the address. */
export function sshCommand(
  { bin }: RecipePrograms,
  { port, knownHosts }: SshServer,
  key: string,
): readonly [string, ...string[]] {
  const options = ["IdentitiesOnly=yes", "BatchMode=yes", `UserKnownHostsFile=${knownHosts}`, "ConnectTimeout=10"];
  const words = options.flatMap((option) => ["-o", option]);
  return [`${bin}/ssh`, "-F", "none", "-p", String(port), "-i", key, ...words, `${account}@127.0.0.1`];
}
