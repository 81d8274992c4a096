import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { mountBtrfs } from "./btrfs-loop.ts";
import { layPrograms, type RecipePrograms } from "./recipe-programs.ts";
import { filledTemplate, recipeScript } from "./recipe-template.ts";
import { runProgram, succeed, type ProgramRun } from "./run-program.ts";
import { account, makeSshKey, sshCommand, startSshServer, type SshServer } from "./ssh-server.ts";

export type SnapshotKind = "links" | "btrfs";

/** A host that is backed up and the host that pulls from it, set up from the templates, each with a real sshd. */
export interface PulledHost {
  readonly programs: RecipePrograms;
  readonly folder: string;
  /** What is backed up. */
  readonly source: string;
  /** FOLDER of the pull: holds `current` and `snapshots`. */
  readonly target: string;
  /** The private key that the backup host pulls with. */
  readonly pullKey: string;
  readonly host: SshServer;
  readonly backupHost: SshServer;
  /** The key that may log in to the backup host. */
  readonly adminKey: string;
  /** Runs a part of pull.sh with the settings of pull.env, or with some of them changed. */
  readonly script: (part: string, changes?: Readonly<Record<string, string>>) => Promise<ProgramRun>;
  /** The words of an ssh to one of the two with a key. */
  readonly ssh: (server: SshServer, key: string) => readonly [string, ...string[]];
  remove(): Promise<void>;
}

export async function openPulledHost(root: string, kind: SnapshotKind): Promise<PulledHost> {
  const folder = mkdtempSync(path.join(tmpdir(), "hf-pull-"));
  const programs = layPrograms(root, folder);
  const at = (name: string): string => path.join(folder, name);
  mkdirSync(at("source"));
  const [source, target, pullKey, adminKey] = [at("source"), at("target"), at("pull-key"), at("admin-key")];
  const unmount = await prepareTarget(programs, { target, kind });
  const publicKey = await makeSshKey(programs, pullKey);
  writeFileSync(at("admin.keys"), `${await makeSshKey(programs, adminKey)}\n`);
  const host = await startSshServer(programs, {
    folder: at("host"),
    settings: pullSettings({ at, programs, publicKey }),
  });
  const open = `PermitRootLogin prohibit-password\nAuthorizedKeysFile ${at("admin.keys")}`;
  const backupHost = await startSshServer(programs, { folder: at("backup-host"), settings: open });
  writeFileSync(`${target}.excludes`, "/cache\n");
  const settings = scriptSettings({ host, target, pullKey, kind });
  return {
    ...{ programs, folder, source, target, pullKey, host, backupHost, adminKey },
    script: async (part, changes = {}) =>
      await runProgram([recipeScript("pull.sh"), part], { ...programs.environment, ...settings, ...changes }),
    ssh: (server, key) => sshCommand(programs, server, key),
    remove: async () => {
      await Promise.all([host.stop(), backupHost.stop()]);
      await unmount();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function prepareTarget(
  programs: RecipePrograms,
  { target, kind }: { readonly target: string; readonly kind: SnapshotKind },
): Promise<() => Promise<void>> {
  if (kind === "links") {
    mkdirSync(path.join(target, "snapshots"), { recursive: true });
    return async () => {};
  }
  const unmount = await mountBtrfs(programs, target);
  mkdirSync(path.join(target, "snapshots"));
  await succeed([`${programs.bin}/btrfs`, "subvolume", "create", path.join(target, "current")], programs.environment);
  return unmount;
}

interface KeyOfPull {
  readonly at: (name: string) => string;
  readonly programs: RecipePrograms;
  readonly publicKey: string;
}

/** What the host's sshd is told, with the files that it names written. */
function pullSettings({ at, programs, publicKey }: KeyOfPull): string {
  const rrsync = path.join(programs.bin, "rrsync");
  const place = { "/usr/bin/rrsync": rrsync, SOURCE: at("source") };
  const keys = filledTemplate("authorized-keys-pull", { ...place, BACKUP_HOST: "127.0.0.1", PULL_KEY: publicKey });
  writeFileSync(at("holdfast-pull.keys"), keys);
  return filledTemplate("sshd-pull.conf", {
    ...place,
    ACCOUNT: account,
    "/etc/ssh/holdfast-pull.keys": at("holdfast-pull.keys"),
  });
}

interface ScriptPlace {
  readonly host: SshServer;
  readonly target: string;
  readonly pullKey: string;
  readonly kind: SnapshotKind;
}

/** The lines of pull.env that are no comments. */
function scriptSettings({ host, target, pullKey, kind }: ScriptPlace): Readonly<Record<string, string>> {
  const text = filledTemplate("pull.env", {
    ACCOUNT: account,
    HOST: "127.0.0.1",
    "PORT=22": `PORT=${host.port}`,
    "/etc/holdfast/pull/id_ed25519": pullKey,
    "/etc/holdfast/pull/known_hosts": host.knownHosts,
    "FOLDER=/srv/pull/NAME": `FOLDER=${target}`,
    "SNAPSHOTS=btrfs": `SNAPSHOTS=${kind}`,
    "#EXCLUDES=/etc/holdfast/pull/NAME.excludes": `EXCLUDES=${target}.excludes`,
  });
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
