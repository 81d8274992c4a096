import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  paginateListObjectsV2,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { inParallel } from "../../src/rollback/in-parallel.ts";

export const bucket = "bench";
/** Small, so that what is measured is the work for an object and not the moving of its bytes. */
const objectSize = 1024;
const atOnce = 16;

/** What is done to a bucket after T, in shares of its objects; `added` come on top. */
export interface Attack {
  readonly name: string;
  readonly overwritten: number;
  readonly deleted: number;
  readonly added: number;
}

interface BenchObject {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** The state at T: a config, a key, a snapshot, an index, and packs, all named as restic names them. */
export function objectsAtT(count: number): readonly BenchObject[] {
  const folders = ["config", "keys", "snapshots", "index"];
  return Array.from({ length: count }, (_, index) => benchObject(folders[index] ?? "data", `object ${index}`));
}

function benchObject(folder: string, seed: string): BenchObject {
  const bytes = createHash("shake256", { outputLength: objectSize }).update(seed).digest();
  const name = createHash("sha256").update(bytes).digest("hex");
  if (folder === "config") return { key: "config", bytes };
  return { key: folder === "data" ? `data/${name.slice(0, 2)}/${name}` : `${folder}/${name}`, bytes };
}

/** Makes the versioned bucket, fills it, and gives a T after its last write: a whole second, with a pause before what follows. */
export async function fill(store: LocalStore, objects: readonly BenchObject[]): Promise<Date> {
  const client = clientOf(store);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const VersioningConfiguration = { Status: "Enabled" as const };
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  await whileOpen(client, async () => await putAll(store, objects));
  client.destroy();
  const to = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
  await wait(to.getTime() + 2000 - Date.now());
  return to;
}

/** Spreads the attack evenly over the bucket: of any ten objects in a row each share has its part. */
export async function attack(store: LocalStore, objects: readonly BenchObject[], how: Attack): Promise<void> {
  const client = clientOf(store);
  const share = (index: number): number => (index % 10) / 10 + 0.05;
  const overwritten = objects.filter((_, index) => share(index) < how.overwritten);
  const deleted = objects.filter(
    (_, index) => share(index) > how.overwritten && share(index) < how.overwritten + how.deleted,
  );
  const junk = Array.from({ length: Math.round(objects.length * how.added) }, (_, index) =>
    benchObject("data", `junk ${index}`),
  );
  const evil = overwritten.map(({ key }) => ({ key, bytes: benchObject("data", `evil ${key}`).bytes }));
  await whileOpen(client, async () => await putAll(store, [...evil, ...junk]));
  for (let from = 0; from < deleted.length; from += 1000) {
    const Objects = deleted.slice(from, from + 1000).map(({ key }) => ({ Key: key }));
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  }
  client.destroy();
}

/** Throws unless just the objects of the state at T are current, each with its bytes, read and hashed. */
export async function requireRestored(store: LocalStore, objects: readonly BenchObject[]): Promise<void> {
  const client = clientOf(store);
  const current = new Set<string>();
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    for (const { Key: key } of page.Contents ?? []) current.add(key ?? "");
  }
  const wanted = new Set(objects.map(({ key }) => key));
  const extra = [...current].filter((key) => !wanted.has(key));
  const missing = objects.filter(({ key }) => !current.has(key));
  const wrong: string[] = [];
  await whileOpen(client, async () => {
    await inParallel(objects, { limit: atOnce }, async ({ key, bytes }) => {
      const found = await anonymous(store, { method: "GET", key });
      if (!found.equals(bytes)) wrong.push(key);
    });
  });
  client.destroy();
  if (extra.length + missing.length + wrong.length === 0) return;
  throw new Error(
    `not restored: ${extra.length} too many, ${missing.length} missing, ${wrong.length} with wrong bytes`,
  );
}

function clientOf({ endpoint, owner }: LocalStore): S3Client {
  const credentials = { accessKeyId: owner.accessKey, secretAccessKey: owner.secretKey.reveal() };
  return new S3Client({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
}

/** Lets anybody read and write objects meanwhile: what is not measured need not be signed, which is most of its work. */
async function whileOpen(client: S3Client, work: () => Promise<void>): Promise<void> {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: ["*"] },
    Action: ["s3:GetObject", "s3:PutObject"],
    Resource: [`arn:aws:s3:::${bucket}/*`],
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  await work();
  await client.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
}

async function putAll(store: LocalStore, objects: readonly BenchObject[]): Promise<void> {
  await inParallel(objects, { limit: atOnce }, async ({ key, bytes }) => {
    await anonymous(store, { method: "PUT", key, bytes });
  });
}

const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

interface AnonymousRequest {
  readonly method: "GET" | "PUT";
  readonly key: string;
  readonly bytes?: Uint8Array;
}

async function anonymous(
  { endpoint }: LocalStore,
  { method, key, bytes = new Uint8Array() }: AnonymousRequest,
): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const headers = { "content-length": bytes.byteLength };
    const sent = request(`${endpoint}/${bucket}/${key}`, { agent, method, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      reply.on("end", () => {
        if (reply.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`${method} ${key}: ${reply.statusCode} ${Buffer.concat(chunks).toString()}`));
      });
    });
    sent.on("error", reject).end(bytes);
  });
}
