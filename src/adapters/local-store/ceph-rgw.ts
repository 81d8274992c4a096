import { PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { execa } from "execa";
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { cephDialect } from "../../access/policy/dialect.ts";
import { bucketPolicy } from "../../access/policy/document.ts";
import { policyPlace } from "../../access/policy/place.ts";
import { Failure } from "../../base/failure.ts";
import { roles, type Role } from "../../base/role.ts";
import { Secret } from "../../base/secret.ts";
import { cephSettings, libraryFolder, portsNeeded } from "./ceph-settings.ts";
import { listening, startDaemon, type Daemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import type { KeyRequest, LocalKey, LocalStore, LocalStoreOptions } from "./local-store.ts";

/** The programs of a cluster of one. */
export const cephPrograms = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "osdmaptool"] as const;

/** Made at the start, side by side; a user for another role is made when its key is asked for. */
const users = ["owner", "writer", "pruner", "rescuer"] as const;
type User = "owner" | Role;

interface Cluster {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Starts a Ceph RGW with all its data in memory. `root` is where its packages are unpacked, empty for programs on PATH.
 * Fails with `program-missing` when one of its parts does not come up, and with the signal's own reason when that aborts.
 */
export async function startCephRgw(root: string, { folder, signal }: LocalStoreOptions): Promise<LocalStore> {
  const port = await freePorts(portsNeeded);
  const environment = environmentOf(root);
  const cluster: Cluster = { folder, environment, endpoint: `http://127.0.0.1:${port}`, signal };
  const clusterId = randomUUID();
  await writeFile(path.join(folder, "ceph.conf"), cephSettings({ folder, root, clusterId, port }));
  const daemons: Daemon[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
  };
  try {
    await makeMonitor(cluster, { clusterId, port: port + 1 });
    daemons.push(start(cluster, "ceph-mon", ["-i", "a"]));
    await run(cluster, "ceph-osd", ["-i", "0", "--mkfs"]);
    daemons.push(start(cluster, "ceph-osd", ["-i", "0"]), start(cluster, "radosgw", ["-n", "client.rgw"]));
    await listening({ port, daemons, signal });
    const keys = await makeUsers(cluster);
    const owner = keys.get("owner") ?? noOwner();
    return {
      title: await titleOf(cluster),
      provider: "ceph",
      endpoint: cluster.endpoint,
      owner,
      makeKey: async (request) => {
        const key = keys.get(request.role) ?? (await makeUser(cluster, request.role));
        keys.set(request.role, key);
        await putPolicy(cluster, owner, request);
        return key;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environmentOf(root: string): Readonly<Record<string, string>> {
  const searchPath = process.env["PATH"] ?? "";
  if (root === "") return { PATH: searchPath };
  const libraries = path.join(root, libraryFolder);
  return {
    PATH: `${path.join(root, "usr/bin")}:${searchPath}`,
    LD_LIBRARY_PATH: [libraries, path.join(root, "lib/x86_64-linux-gnu"), path.join(libraries, "ceph")].join(":"),
  };
}

async function makeMonitor(
  cluster: Cluster,
  { clusterId, port }: { readonly clusterId: string; readonly port: number },
): Promise<void> {
  const { folder } = cluster;
  const [monmap, osdmap] = [path.join(folder, "monmap"), path.join(folder, "osdmap")];
  await mkdir(path.join(folder, "mon"));
  await mkdir(path.join(folder, "osd"));
  const address = `[v2:127.0.0.1:${port}]`;
  await run(cluster, "monmaptool", [
    "--create",
    "--fsid",
    clusterId,
    "--addv",
    "a",
    address,
    "--set-min-mon-release",
    "pacific",
    "--clobber",
    monmap,
  ]);
  await run(cluster, "osdmaptool", ["-c", path.join(folder, "ceph.conf"), "--createsimple", "1", "--clobber", osdmap]);
  await run(cluster, "ceph-mon", ["-i", "a", "--mkfs", "--monmap", monmap, "--osdmap", osdmap]);
}

function start(cluster: Cluster, program: string, words: readonly string[]): Daemon {
  return startDaemon({
    program: programPath(cluster, program),
    arguments: ["-c", path.join(cluster.folder, "ceph.conf"), ...words, "-f"],
    environment: cluster.environment,
    logFile: path.join(cluster.folder, `${program}.out`),
  });
}

async function run(cluster: Cluster, program: string, words: readonly string[]): Promise<string> {
  const settings =
    program === "monmaptool" || words.includes("-c") ? [] : ["-c", path.join(cluster.folder, "ceph.conf")];
  const { signal } = cluster;
  signal?.throwIfAborted();
  const done = await execa(programPath(cluster, program), [...settings, ...words], {
    env: cluster.environment,
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    // In a group of its own a terminal's Ctrl-C does not reach it, and so does not look like a failure of its own.
    detached: true,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (done.exitCode === 0) return done.stdout;
  throw new Failure({
    kind: "program-missing",
    action: "run",
    subject: program,
    problem: done.stderr.trim().split("\n").slice(-3).join("\n") || done.shortMessage || "it failed",
    hint: "try another store: --store minio, or --store URL",
  });
}

/** The search path of a child is not used to find the child itself. */
function programPath({ environment }: Cluster, program: string): string {
  const [first = ""] = (environment["PATH"] ?? "").split(":");
  return environment["LD_LIBRARY_PATH"] === undefined ? program : path.join(first, program);
}

/** The store makes the keys, so that no secret is ever part of a command line. */
async function makeUsers(cluster: Cluster): Promise<Map<User, LocalKey>> {
  const made = users.map(async (user) => [user, await makeUser(cluster, user)] as const);
  return new Map<User, LocalKey>(await Promise.all(made));
}

async function makeUser(cluster: Cluster, user: User): Promise<LocalKey> {
  const words = ["-n", "client.admin", "user", "create", `--uid=${user}`, `--display-name=${user}`];
  return keyOf(await run(cluster, "radosgw-admin", words));
}

function keyOf(json: string): LocalKey {
  const { keys } = JSON.parse(json) as { readonly keys: readonly Readonly<Record<string, string>>[] };
  const { access_key: accessKey = "", secret_key: secretKey = "" } = keys[0] ?? {};
  return { accessKey, secretKey: new Secret(secretKey), sessionToken: null };
}

async function putPolicy({ endpoint }: Cluster, owner: LocalKey, { bucket, prefix }: KeyRequest): Promise<void> {
  const principals = new Map(roles.map((role) => [role, { AWS: [`arn:aws:iam:::user/${role}`] }]));
  const place = policyPlace({ bucket, prefix });
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: owner.accessKey, secretAccessKey: owner.secretKey.reveal() },
  });
  try {
    await client.send(
      new PutBucketPolicyCommand({
        Bucket: bucket,
        Policy: bucketPolicy({ place, dialect: cephDialect, principals }),
      }),
    );
  } finally {
    client.destroy();
  }
}

async function titleOf(cluster: Cluster): Promise<string> {
  const version = /version (\d+\.\d+\.\d+)/.exec(await run(cluster, "radosgw", ["--version"]))?.[1];
  return version === undefined ? "Ceph RGW" : `Ceph RGW ${version}`;
}

function noOwner(): never {
  throw new RangeError("the local Ceph has no owner");
}
