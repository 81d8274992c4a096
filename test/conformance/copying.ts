import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  type Tag,
} from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { copyInParts } from "../../src/adapters/s3/copy-in-parts.ts";
import type { CopyRequest } from "../../src/adapters/s3/copy-request.ts";
import { readAndPut } from "../../src/adapters/s3/read-and-put.ts";
import { openS3Clients, type S3Access } from "../../src/adapters/s3/s3-client.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import type { ObjectVersion } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { openTestStore, s3Access } from "../stores/real-stores.ts";
import { all, bytes, key, rowsOf, shapeOf, textAt, versionsOf } from "./bucket.ts";

const mebibyte = 1024 * 1024;
const partSize = 5 * mebibyte;
const name = key("home/data/ü + x");
const content = randomBytes(12 * mebibyte);

const described = {
  ContentType: "application/x-pack",
  ContentLanguage: "de",
  ContentDisposition: "inline",
  CacheControl: "no-cache",
  Metadata: { origin: "a host", mtime: "1" },
};
const tags: readonly Tag[] = [
  { Key: "team", Value: "back up" },
  { Key: "odd", Value: "+/=" },
];

interface Overwritten {
  readonly access: S3Access;
  readonly store: PurgingStore;
  readonly client: S3Client;
  /** Large, with attributes and tags; one small version stands above it. */
  readonly version: ObjectVersion;
}

async function overwritten(local: LocalStore, bucket: string, body: Buffer = content): Promise<Overwritten> {
  const store = await openTestStore(local, bucket);
  const access = s3Access(local, local.owner, bucket);
  const { writing: client } = openS3Clients(access);
  const tagging = "team=back%20up&odd=%2B%2F%3D";
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: body, Tagging: tagging, ...described }));
  await store.put(name, bytes("evil"));
  const version = (await versionsOf(store)).at(-1);
  if (version === undefined) throw new Error("nothing was put");
  return { access, store, client, version };
}

type Copy = (access: S3Access, request: CopyRequest) => Promise<void>;

async function copyForward(access: S3Access, { version }: CopyRequest): Promise<void> {
  await openS3Store(access).copyForward(version);
}

const ways: readonly (readonly [title: string, copy: Copy])[] = [
  ["copyForward()", copyForward],
  ["copyInParts()", async (access, request) => await copyInParts(access, { ...request, partSize })],
  ["readAndPut() at once", readAndPut],
  [
    "readAndPut() in parts",
    async (access, request) => await readAndPut(access, { ...request, partSize, mostInOnePut: 1 }),
  ],
];

/** Every way to bring an older version back, over a real store. */
export function copiesWithAllThatBelongs(local: () => LocalStore): void {
  describe.each(ways)("%s", (title, copy) => {
    const bucket = title
      .toLowerCase()
      .replaceAll(/[^a-z]+/g, "-")
      .replace(/-$/, "");

    it("keeps bytes, metadata and tags of a version that is larger than a part", async () => {
      const { access, store, client, version } = await overwritten(local(), bucket);
      await copy(access, { client, version });
      const read = await store.read(name, null);
      expect(Buffer.concat(await all(read?.bytes ?? empty())).equals(content)).toBe(true);
      expect(shapeOf(await rowsOf(store))).toEqual([`${name} version latest`, `${name} version`, `${name} version`]);
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: name }));
      expect(head).toMatchObject(described);
      expect(head.ContentEncoding ?? "").toBe("");
      const { TagSet: found = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: name }));
      expect(found.toSorted(byKey)).toEqual(tags.toSorted(byKey));
      expect((await store.openUploads("")) ?? []).toEqual([]);
    });

    it("says by the key's name that the version is gone, and writes nothing", async () => {
      const { access, store, client, version } = await overwritten(local(), `${bucket}-gone`, Buffer.from("good"));
      await store.destroyVersions([version]);
      const rows = await rowsOf(store);
      await expect(copy(access, { client, version })).rejects.toMatchObject({
        kind: "store-misbehaves",
        subject: name,
        problem: expect.stringContaining("is not there any more") as string,
      });
      expect(await rowsOf(store)).toEqual(rows);
      expect((await store.openUploads("")) ?? []).toEqual([]);
    });
  });

  describe("copyInParts() that breaks off", () => {
    it("aborts its upload when a part cannot be copied", async () => {
      const { access, store, client, version } = await overwritten(local(), "part-refused");
      const rows = await rowsOf(store);
      breakAt(client, ({ command, part }) => command === "UploadPartCopyCommand" && part === 3);
      await expect(copyInParts(access, { client, version, partSize })).rejects.toMatchObject({ subject: name });
      expect((await store.openUploads("")) ?? []).toEqual([]);
      expect(await rowsOf(store)).toEqual(rows);
    });

    it("leaves when it is killed only an open upload, which is listed, and works when it is run again", async () => {
      const { access, store, client, version } = await overwritten(local(), "killed");
      const rows = await rowsOf(store);
      breakAt(client, ({ command, part }) => command === "AbortMultipartUploadCommand" || part === 3);
      await expect(copyInParts(access, { client, version, partSize })).rejects.toMatchObject({ subject: name });
      expect(await rowsOf(store)).toEqual(rows);
      expect(await textAt(store, name)).toBe("evil");
      expect(await store.openUploads("home/")).toMatchObject([{ key: name }]);
      await copyInParts(access, { client: openS3Clients(access).writing, version, partSize });
      const read = await store.read(name, null);
      expect(Buffer.concat(await all(read?.bytes ?? empty())).equals(content)).toBe(true);
      expect((await rowsOf(store)).slice(1)).toEqual(rows.map((row) => ({ ...row, isLatest: false })));
    });
  });
}

interface Sent {
  readonly command: string | undefined;
  readonly part: number | undefined;
}

/** From here on the client fails what `isBroken` says before anything of it is sent, as a process does that is no more. */
function breakAt(client: S3Client, isBroken: (sent: Sent) => boolean): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { PartNumber: part } = args.input as { readonly PartNumber?: number };
      const command = context["commandName"];
      if (isBroken({ command, part })) throw new RangeError("the process is no more");
      return await next(args);
    },
    { step: "initialize" },
  );
}

async function* empty(): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(new Uint8Array());
}

function byKey(a: Tag, b: Tag): number {
  return (a.Key ?? "") < (b.Key ?? "") ? -1 : 1;
}
