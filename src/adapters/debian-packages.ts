import { execa } from "execa";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { Failure } from "../base/failure.ts";

export interface PackageRequest {
  readonly packages: readonly string[];
  /** Another suite than the machine's own: `trixie`. Null: the machine's. */
  readonly suite: string | null;
  /** Also what they depend on and this machine lacks; only within the machine's own suite. */
  readonly withDependencies: boolean;
  /** Where the files of the packages are put: `FOLDER/usr/bin/…`. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

/** Whether packages can be had at all: Debian or Ubuntu with apt. */
export function hasDebianPackages(): boolean {
  return existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-deb") && existsSync("/etc/os-release");
}

/**
 * Downloads packages of the distribution and unpacks them into a folder: no root, nothing is installed, and the
 * machine's own package lists stay as they are. A folder that is there already is taken as done; one that is being
 * filled has another name, so a half-done one is never taken. Fails with `program-missing` when apt cannot get them.
 */
export async function unpackPackages(request: PackageRequest): Promise<void> {
  const { folder } = request;
  if (existsSync(folder)) return;
  const work = `${folder}.${process.pid}.new`;
  await rm(work, { recursive: true, force: true });
  const options = await privateApt(path.join(work, "apt"), request.suite);
  const root = path.join(work, "root");
  try {
    await apt([...options, "update"], request);
    const files = await download(path.join(work, "apt"), options, request);
    await mkdir(root, { recursive: true });
    for (const file of files) await unpack(file, root, request);
    await rename(root, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Options that point apt at lists and a cache of our own, with one source: the machine's own mirror. */
async function privateApt(folder: string, suite: string | null): Promise<readonly string[]> {
  await mkdir(path.join(folder, "lists", "partial"), { recursive: true });
  await mkdir(path.join(folder, "archives", "partial"), { recursive: true });
  const source = path.join(folder, "sources.list");
  await writeFile(source, await sourceLine(suite));
  return [
    `-oDir::State::lists=${folder}/lists`,
    `-oDir::Cache=${folder}`,
    `-oDir::Cache::archives=${folder}/archives`,
    `-oDir::Etc::sourcelist=${source}`,
    "-oDir::Etc::sourceparts=-",
    "-oDebug::NoLocking=1",
    `-oAPT::Sandbox::User=${userInfo().username}`,
    "-oAPT::Get::List-Cleanup=0",
    "-oAcquire::Languages=none",
    "-qq",
  ];
}

async function sourceLine(suite: string | null): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8");
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, "m").exec(release)?.[1] ?? "";
  const isUbuntu = field("ID") === "ubuntu";
  const keyring = isUbuntu ? "ubuntu-archive-keyring" : "debian-archive-keyring";
  const components = isUbuntu ? "main universe" : "main";
  const mirror = await mirrorOf(isUbuntu ? "ubuntu" : "debian");
  return `deb [signed-by=/usr/share/keyrings/${keyring}.gpg] ${mirror} ${suite ?? field("VERSION_CODENAME")} ${components}\n`;
}

/** The first mirror of the distribution itself in the machine's own sources, in either of apt's two formats. */
async function mirrorOf(distribution: string): Promise<string> {
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch(() => []);
  const files = ["/etc/apt/sources.list", ...names.sort().map((name) => path.join(folder, name))];
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    const found = new RegExp(
      `^\\s*(?:URIs:|deb\\s+(?:\\[[^\\]]*\\]\\s+)?)\\s*(\\S*/${distribution}/?)(?:\\s|$)`,
      "m",
    ).exec(text);
    if (found?.[1] !== undefined) return found[1];
  }
  throw missing(distribution, "this machine's package sources name no mirror of the distribution");
}

async function download(
  folder: string,
  options: readonly string[],
  request: PackageRequest,
): Promise<readonly string[]> {
  const { packages, withDependencies } = request;
  const archives = path.join(folder, "archives");
  if (withDependencies) {
    await apt(
      [...options, "--download-only", "--no-install-recommends", "--reinstall", "-y", "install", ...packages],
      request,
    );
  } else {
    await apt([...options, "download", ...packages], request, archives);
  }
  const names = await readdir(archives);
  return names.filter((name) => name.endsWith(".deb")).map((name) => path.join(archives, name));
}

async function apt(words: readonly string[], request: PackageRequest, cwd = "/"): Promise<void> {
  const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  const done = await execa("apt-get", words, {
    ...cancel(request),
    cwd,
    env: environment,
    reject: false,
    stdin: "ignore",
  });
  request.signal?.throwIfAborted();
  if (done.exitCode !== 0) throw missing(request.packages.join(" "), lastLine(done.stderr));
}

async function unpack(file: string, folder: string, request: PackageRequest): Promise<void> {
  const done = await execa("dpkg-deb", ["-x", file, folder], { ...cancel(request), reject: false });
  request.signal?.throwIfAborted();
  if (done.exitCode !== 0) throw missing(path.basename(file), lastLine(done.stderr));
}

/** In a group of its own, so that a terminal's Ctrl-C reaches it from us alone, as a cancellation. */
function cancel({ signal }: PackageRequest): { readonly detached: true; readonly cancelSignal?: AbortSignal } {
  return { detached: true, ...(signal === undefined ? {} : { cancelSignal: signal }) };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "apt-get failed";
}

function missing(subject: string, problem: string): Failure {
  return new Failure({
    kind: "program-missing",
    action: "download the packages",
    subject,
    problem,
    hint: "check the network and apt's sources, or put the programs on PATH yourself",
  });
}
