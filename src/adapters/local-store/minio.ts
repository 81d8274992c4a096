import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { execa } from "execa";
import { mkdir } from "node:fs/promises";
import { randomBytes, randomUUID } from "node:crypto";
import path from "node:path";
import { minioDialect } from "../../access/policy/dialect.ts";
import { compactUserPolicy, userPolicy } from "../../access/policy/document.ts";
import { policyPlace } from "../../access/policy/place.ts";
import { Failure } from "../../base/failure.ts";
import { Secret } from "../../base/secret.ts";
import { listening, startDaemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import type { KeyRequest, LocalKey, LocalStore, LocalStoreOptions } from "./local-store.ts";
import { makeMinioUser } from "./minio-users.ts";

/**
 * Starts a MinIO with its data in the folder. Fails with `program-missing` when it does not come up, and with the signal's
 * own reason when that aborts.
 */
export async function startMinio(program: string, { folder, signal }: LocalStoreOptions): Promise<LocalStore> {
  const port = await freePorts(2);
  const endpoint = `http://127.0.0.1:${port}`;
  const owner: LocalKey = {
    accessKey: "holdfast-owner",
    secretKey: new Secret(randomBytes(20).toString("hex")),
    sessionToken: null,
  };
  await mkdir(path.join(folder, "data"), { recursive: true });
  const daemon = startDaemon({
    program,
    arguments: [
      "server",
      "--quiet",
      "--address",
      `127.0.0.1:${port}`,
      "--console-address",
      `127.0.0.1:${port + 1}`,
      path.join(folder, "data"),
    ],
    environment: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      MINIO_ROOT_USER: owner.accessKey,
      MINIO_ROOT_PASSWORD: owner.secretKey.reveal(),
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    },
    logFile: path.join(folder, "minio.log"),
  });
  try {
    await listening({ port, daemons: [daemon], signal });
    await healthy(endpoint, signal);
    return {
      title: await titleOf(program),
      provider: "minio",
      endpoint,
      owner,
      makeKey: async ({ role, bucket, prefix }) => {
        const policy = userPolicy(role, policyPlace({ bucket, prefix }), minioDialect);
        return await makeMinioUser({ endpoint, owner, name: `${role}-${randomUUID()}`, policy });
      },
      stop: () => daemon.stop(),
    };
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}

/** The port answers before the store does. */
async function healthy(endpoint: string, signal: AbortSignal | undefined): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    signal?.throwIfAborted();
    const reply = await fetch(`${endpoint}/minio/health/cluster`).catch(() => null);
    if (reply?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function titleOf(program: string): Promise<string> {
  const { stdout } = await execa(program, ["--version"], { reject: false, detached: true });
  const version = /version (\S+)/.exec(stdout)?.[1] ?? "";
  return version === "" || version.startsWith("DEVELOPMENT") ? "MinIO" : `MinIO ${version}`;
}

/**
 * An STS session of the owner, limited by the role's policy: a key that runs out by itself and leaves no user behind. Throws
 * what the SDK throws, also where the policy is longer than the 2048 characters that STS takes, and `store-misbehaves` for
 * an answer without a key.
 */
export async function keyFromSts(
  endpoint: string,
  owner: LocalKey,
  { role, bucket, prefix }: KeyRequest,
): Promise<LocalKey> {
  const policy = compactUserPolicy(role, policyPlace({ bucket, prefix }), minioDialect);
  const client = new STSClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: owner.accessKey, secretAccessKey: owner.secretKey.reveal() },
  });
  const reply = await client.send(
    new AssumeRoleCommand({
      RoleArn: "arn:aws:iam::000000000000:role/holdfast",
      RoleSessionName: role,
      Policy: policy,
      DurationSeconds: 6 * 3600,
    }),
  );
  client.destroy();
  const { AccessKeyId: accessKey, SecretAccessKey: secret, SessionToken: token } = reply.Credentials ?? {};
  if (accessKey === undefined || secret === undefined || token === undefined) {
    throw new Failure({
      kind: "store-misbehaves",
      action: "make the key of",
      subject: role,
      problem: "MinIO's STS gave no credentials",
      hint: "try another store: --store rgw",
    });
  }
  return { accessKey, secretKey: new Secret(secret), sessionToken: new Secret(token) };
}
