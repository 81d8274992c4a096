import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMountBtrfs } from "./btrfs-loop.ts";
import { openPulledHost, type PulledHost, type SnapshotKind } from "./pulled-host.ts";
import { fetchRecipePackages } from "./recipe-programs.ts";
import { runProgram, succeed } from "./run-program.ts";
import { canServeSsh } from "./ssh-server.ts";

const isRoot = userInfo().uid === 0;
const root = await fetchRecipePackages();
const hasBtrfs = root !== null && (await canMountBtrfs(root));

describePull("links", root === null || !canServeSsh, "needs Debian packages, and unshare as root");
describePull("btrfs", !hasBtrfs || !canServeSsh, "needs Debian packages, root, and a kernel that mounts a btrfs file");

function describePull(kind: SnapshotKind, isMissing: boolean, needs: string): void {
  describe.skipIf(isMissing)(`a pull over SSH with snapshots by ${kind} (${needs})`, () => {
    let pulled: PulledHost;
    let first = "";
    beforeAll(async () => {
      pulled = await openPulledHost(root ?? "", kind);
      writeSource(pulled.source);
    });
    afterAll(async () => await pulled.remove());

    it("keeps a snapshot of what the host shows, and pushes it back with owners, modes and links, without what is excluded", async () => {
      first = await pullAndSnapshot(pulled);
      const back = path.join(pulled.folder, "restored");
      const snapshot = path.join(pulled.target, "snapshots", first);
      const [ssh, ...words] = pulled.ssh(pulled.backupHost, pulled.adminKey);
      const rsh = `--rsh=${[ssh, ...words.slice(0, -1)].join(" ")}`;
      const { bin, environment } = pulled.programs;
      const options = ["-aHAX", "--numeric-ids", "--fake-super", `--rsync-path=${bin}/rsync`, rsh];
      await succeed([`${bin}/rsync`, ...options, `${snapshot}/`, `${words.at(-1) ?? ""}:${back}/`], environment);
      const { "cache/junk": left, ...expected } = stateOf(pulled.source);
      expect(left).toBeDefined();
      expect(stateOf(back)).toEqual(expected);
    });

    it("lets the backup host's key read that folder and do nothing else", async () => {
      const { bin, environment } = pulled.programs;
      const [ssh, ...words] = pulled.ssh(pulled.host, pulled.pullKey);
      const address = words.at(-1) ?? "";
      const rsh = `--rsh=${[ssh, ...words.slice(0, -1)].join(" ")}`;
      const rsync = async (from: string, to: string) =>
        await runProgram([`${bin}/rsync`, "-r", rsh, from, to], environment);
      const own = path.join(pulled.folder, "pull-key.pub");
      const before = stateOf(pulled.source);
      expect((await rsync(own, `${address}:/`)).stderr).toContain("sending to read-only server is not allowed");
      expect((await rsync(`${address}:/../admin-key`, `${pulled.folder}/out`)).code).not.toBe(0);
      expect((await runProgram([ssh, ...words, "cat /etc/passwd"], environment)).stderr).toContain(
        "does not run rsync",
      );
      const door = [...words.slice(0, -1), "-W", `127.0.0.1:${pulled.backupHost.port}`, address];
      expect((await runProgram([ssh, ...door], environment)).stderr).toContain("open failed");
      expect(stateOf(pulled.source)).toEqual(before);
    });

    it("gives the host nothing to log in to the backup host with", async () => {
      const { environment } = pulled.programs;
      const logIn = async (key: string) =>
        await runProgram([...pulled.ssh(pulled.backupHost, key), "echo inside"], environment);
      expect((await logIn(pulled.adminKey)).stdout).toBe("inside");
      const hostsOwn = await logIn(path.join(pulled.folder, "host", "host-key"));
      expect(hostsOwn).toMatchObject({ code: 255, stdout: "" });
      expect(hostsOwn.stderr).toContain("Permission denied (publickey)");
    });

    it("lets a thief with the host's root spoil the next pull, but no earlier snapshot", async () => {
      const before = snapshotState(pulled, first);
      for (const name of ["plain", "private"]) {
        chmodSync(path.join(pulled.source, name), 0o777);
        writeFileSync(path.join(pulled.source, name), "encrypted");
      }
      rmSync(path.join(pulled.source, "folder"), { recursive: true });
      const second = await pullAndSnapshot(pulled);
      expect(readFileSync(path.join(pulled.target, "snapshots", second, "plain"), "utf8")).toBe("encrypted");
      expect(snapshotState(pulled, first)).toEqual(before);
    });

    it("leaves earlier snapshots alone when the thief sends links that lead into them", async () => {
      const before = snapshotState(pulled, first);
      const trap = path.join(pulled.source, "trap");
      symlinkSync(path.join(pulled.target, "snapshots", first), trap);
      await pullAndSnapshot(pulled);
      rmSync(trap);
      mkdirSync(trap);
      writeFileSync(path.join(trap, "plain"), "through the link");
      await pullAndSnapshot(pulled);
      expect(snapshotState(pulled, first)).toEqual(before);
    });

    if (kind === "btrfs") {
      it("has snapshots that not even its own root writes to by mistake", () => {
        const file = path.join(pulled.target, "snapshots", first, "plain");
        expect(() => writeFileSync(file, "oops")).toThrow(/EROFS/);
      });
    }

    it("says so when it cannot pull, and keeps what there is", async () => {
      const before = snapshotState(pulled, first);
      const failed = await pulled.script("pull", { KNOWN_HOSTS: "/dev/null" });
      expect(failed.code).not.toBe(0);
      expect(failed.stderr).toContain("Host key verification failed");
      expect((await pulled.script("everything")).code).toBe(64);
      expect(snapshotState(pulled, first)).toEqual(before);
    });

    it("removes old snapshots by the backup host's clock, and never the last few", async () => {
      const old = "2020-01-01T000000Z";
      await addOldSnapshot(pulled, kind, old);
      const names = () => readdirSync(path.join(pulled.target, "snapshots")).toSorted();
      const all = names();
      expect(all[0]).toBe(old);
      expect((await pulled.script("expire", { KEEP_LEAST: String(all.length) })).code).toBe(0);
      expect(names()).toEqual(all);
      expect((await pulled.script("expire", { KEEP_LEAST: "1" })).code).toBe(0);
      expect(names()).toEqual(all.slice(1));
    });
  });
}

/** Waits first, for a snapshot's name is a second. */
async function pullAndSnapshot({ script, target }: PulledHost): Promise<string> {
  await wait(1_100);
  for (const part of ["pull", "snapshot"]) {
    const { code, stderr } = await script(part);
    if (code !== 0) throw new Error(`pull.sh ${part} ended with ${String(code)}\n${stderr}`);
  }
  return readdirSync(path.join(target, "snapshots")).toSorted().at(-1) ?? "";
}

async function addOldSnapshot({ programs, target }: PulledHost, kind: SnapshotKind, name: string): Promise<void> {
  const folder = path.join(target, "snapshots", name);
  if (kind === "links") mkdirSync(folder);
  else {
    const words = ["subvolume", "snapshot", "-r", path.join(target, "current"), folder] as const;
    await succeed([`${programs.bin}/btrfs`, ...words], programs.environment);
  }
}

function writeSource(folder: string): void {
  for (const name of ["folder", "cache"]) mkdirSync(path.join(folder, name));
  const write = (name: string, mode: number): void => {
    writeFileSync(path.join(folder, name), `the file ${name}\n`);
    chmodSync(path.join(folder, name), mode);
  };
  write("plain", 0o644);
  write("private", 0o600);
  write("folder/program", 0o755);
  write("cache/junk", 0o644);
  symlinkSync("plain", path.join(folder, "link"));
  if (isRoot) chownSync(path.join(folder, "private"), 12_345, 12_345);
}

/** Every file of a tree with its bytes, owner, mode and date, and every link with where it leads. */
function stateOf(folder: string): Readonly<Record<string, unknown>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const file = path.join(entry.parentPath, entry.name);
        const { uid, gid, mode, mtimeMs } = lstatSync(file);
        const bytes = entry.isFile() ? readFileSync(file, "utf8") : readlinkSync(file);
        return [path.relative(folder, file), { bytes, uid, gid, mode, mtimeMs }];
      }),
  );
}

function snapshotState({ target }: PulledHost, name: string): Readonly<Record<string, unknown>> {
  return stateOf(path.join(target, "snapshots", name));
}
