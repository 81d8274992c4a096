import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { Failure } from "../../base/failure.ts";
import { objectKey } from "../../base/object-key.ts";
import { Secret } from "../../base/secret.ts";
import { openSigner } from "../s3/signed-request.ts";
import { openClock } from "../system-clock.ts";
import type { LocalKey } from "./local-store.ts";

export interface MinioUserRequest {
  readonly endpoint: string;
  readonly owner: LocalKey;
  /** Its access key, and the name of its policy. */
  readonly name: string;
  /** JSON. */
  readonly policy: string;
}

/**
 * Makes a user with a policy of its own, as `mc admin policy create`, `user add` and `policy attach` do. Fails with
 * `store-misbehaves` where MinIO takes one of them not, in its words.
 */
export async function makeMinioUser({ endpoint, owner, name, policy }: MinioUserRequest): Promise<LocalKey> {
  const secretKey = randomBytes(20).toString("hex");
  const send = async (call: string, query: Readonly<Record<string, string>>, body: Buffer): Promise<void> => {
    await sendAdmin({ endpoint, owner, call, query, body });
  };
  const user = JSON.stringify({ secretKey, status: "enabled" });
  await send("add-canned-policy", { name }, Buffer.from(policy));
  await send("add-user", { accessKey: name }, encryptedFor(owner, Buffer.from(user)));
  await send("set-user-or-group-policy", { policyName: name, userOrGroup: name, isGroup: "false" }, Buffer.alloc(0));
  return { accessKey: name, secretKey: new Secret(secretKey), sessionToken: null };
}

interface AdminCall {
  readonly endpoint: string;
  readonly owner: LocalKey;
  readonly call: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

async function sendAdmin({ endpoint, owner, call, query, body }: AdminCall): Promise<void> {
  const { host, hostname } = new URL(endpoint);
  const address = {
    protocol: "http:" as const,
    host,
    hostname,
    port: null,
    path: "/minio/admin/v3/",
    region: "us-east-1",
  };
  const sign = openSigner({ address, credentials: { role: "rescuer", ...owner }, clock: openClock() });
  const { method, path, headers } = await sign({ operation: call, method: "PUT", key: objectKey(call), query, body });
  const reply = await fetch(`${endpoint}${path}`, { method, headers, body: new Uint8Array(body) });
  if (reply.ok) return;
  throw new Failure({
    kind: "store-misbehaves",
    action: "make the user",
    subject: query["name"] ?? query["accessKey"] ?? query["userOrGroup"] ?? call,
    problem: `MinIO's ${call} answered ${reply.status}: ${(await reply.text()).slice(0, 300)}`,
    hint: "try another store: --store rgw",
  });
}

/** How often PBKDF2 hashes the owner's secret (madmin-go, encrypt.go). */
const rounds = 8192;
/** PBKDF2 with AES-256-GCM, the one of MinIO's three ways that Node has in itself. */
const pbkdf2AesGcm = Buffer.of(2);

/**
 * Encrypts what MinIO takes in no other way: `salt | way | nonce | sealed` (madmin-go, EncryptData). Sealed is a stream of
 * one fragment: its nonce counts 1, and it is bound to the tag of an empty fragment that counts 0 (secure-io/sio-go).
 */
function encryptedFor(owner: LocalKey, text: Buffer): Buffer {
  const [salt, nonce] = [randomBytes(32), randomBytes(8)];
  const key = pbkdf2Sync(owner.secretKey.reveal(), salt, rounds, 32, "sha256");
  const tag = sealed({ key, nonce, count: 0, bound: Buffer.alloc(0), text: Buffer.alloc(0) });
  const last = Buffer.concat([Buffer.of(0x80), tag]);
  return Buffer.concat([salt, pbkdf2AesGcm, nonce, sealed({ key, nonce, count: 1, bound: last, text })]);
}

interface Fragment {
  readonly key: Buffer;
  readonly nonce: Buffer;
  readonly count: number;
  readonly bound: Buffer;
  readonly text: Buffer;
}

function sealed({ key, nonce, count, bound, text }: Fragment): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(count);
  const cipher = createCipheriv("aes-256-gcm", key, Buffer.concat([nonce, counter]));
  cipher.setAAD(bound);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}
