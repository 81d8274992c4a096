import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { keyFromSts } from "../../src/adapters/local-store/minio.ts";
import type { LocalKey, LocalStore } from "../../src/adapters/local-store/local-store.ts";
import type { S3Request } from "../../src/adapters/s3/signed-request.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { nginxIsHere, startGuard, type Guard } from "../stores/nginx-guard.ts";
import { sendRaw } from "../stores/raw-http.ts";
import { openTestStore, realStores, s3Access, type RunningStore } from "../stores/real-stores.ts";
import {
  damageTo,
  formUpload,
  harms,
  makeVictim,
  send,
  signed,
  type Damage,
  type Harm,
  type Trick,
  type Victim,
} from "./minio-guard-attacks.ts";
import { tricks } from "./minio-guard-tricks.ts";

const [, minio] = realStores();

const worst: Readonly<Record<Harm, Damage>> = {
  "put onto a version": "version lost",
  "delete a version": "version lost",
  "force delete": "version lost",
  snowball: "version lost",
  "forge a date": "date forged",
  "forge an etag": "etag forged",
};
const byGuard = /^HTTP\/1\.1 403 [\s\S]*<Code>AccessDenied<\/Code><Message>Refused by the guard/m;

describe.skipIf(!minio.isHere || !nginxIsHere())("a real MinIO behind a real nginx", () => {
  let running: RunningStore;
  let guard: Guard;
  let bucket: string;
  let owners: PurgingStore;
  let keys: Readonly<Record<"owner" | "writer" | "pruner", LocalKey>>;
  beforeAll(async () => {
    running = await minio.start();
    const { store } = running;
    guard = await startGuard(store);
    bucket = `guarded-${randomUUID().slice(0, 8)}`;
    owners = await openTestStore(store, bucket);
    const key = async (role: "writer" | "pruner"): Promise<LocalKey> =>
      await store.makeKey({ role, bucket, prefix: "home/" });
    keys = { owner: store.owner, writer: await key("writer"), pruner: await key("pruner") };
  });
  afterAll(async () => {
    await guard.stop();
    await running.stop();
  });

  /** What an attack does to a fresh victim, and what was answered. */
  async function attacked(store: LocalStore, who: keyof typeof keys, trick: Trick): Promise<readonly [Damage, string]> {
    const victim = await makeVictim(owners, bucket);
    const { text } = await send({ store, key: keys[who], victim, trick });
    return [await damageTo(owners, victim), text];
  }

  const named = tricks.map((trick) => [`${trick.harm}: ${trick.name}`, trick] as const);
  const answers = {
    "is no HTTP": /^HTTP\/1\.1 400 [\s\S]*nginx/,
    "passes a part": /^HTTP\/1\.1 20[04] /,
    "may do either": /^HTTP\/1\.1 (?:20[04]|403) /,
    refuses: byGuard,
  };

  it.each(named)("lets nobody through it with %s", async (_, trick) => {
    const [alone] = await attacked(running.store, "owner", trick);
    expect(alone).toBe(trick.isBlunt === true ? "none" : worst[trick.harm]);
    for (const who of ["owner", "writer", "pruner"] as const) {
      const [damage, answer] = await attacked(guard.everyone, who, trick);
      expect(damage).toBe("none");
      expect(answer).toMatch(answers[trick.guard ?? "refuses"]);
    }
  });

  it("stops what the policies of the roles cannot", async () => {
    const got: Record<string, Damage> = {};
    for (const harm of harms) {
      for (const who of ["writer", "pruner"] as const) {
        const [damage] = await attacked(running.store, who, { name: "as it is", harm });
        got[`${who}: ${harm}`] = damage;
      }
    }
    const both = { "force delete": "version lost", snowball: "version lost" };
    const forged = { "forge a date": "date forged", "forge an etag": "etag forged" };
    const none = { "put onto a version": "none", "delete a version": "none" };
    const expected = Object.entries({ ...none, ...both, ...forged });
    expect(got).toEqual(
      Object.fromEntries(["writer", "pruner"].flatMap((who) => expected.map(([harm, is]) => [`${who}: ${harm}`, is]))),
    );
  });

  it("leaves a batch delete with version ids to the policies, for it stands in the body", async () => {
    const destroy = async (key: LocalKey): Promise<Damage> => {
      const victim = await makeVictim(owners, bucket);
      await openS3Store(s3Access(guard.everyone, key, bucket)).destroyVersions([victim.good]);
      return await damageTo(owners, victim);
    };
    expect([await destroy(keys.writer), await destroy(keys.pruner), await destroy(keys.owner)]).toEqual([
      "none",
      "none",
      "version lost",
    ]);
  });

  it.each([
    ["which could replace a version", "version lost", (target: string) => target],
    ["also without a parameter to know it by", "none", (target: string) => target.replace(/\?.*/, "?x-id=a")],
  ] as const)("refuses a form upload, %s", async (_, alone, change) => {
    const upload = async (store: LocalStore): Promise<readonly [Damage, string]> => {
      const victim = await makeVictim(owners, bucket);
      const form = formUpload(store, keys.owner, victim);
      const requests = [{ ...form, target: change(form.target) }];
      const { text } = await sendRaw({ endpoint: store.endpoint, requests });
      return [await damageTo(owners, victim), text];
    };
    expect(await upload(running.store)).toEqual([alone, expect.stringMatching(/^HTTP\/1\.1 204 /)]);
    expect(await upload(guard.everyone)).toEqual(["none", expect.stringMatching(byGuard)]);
  });

  it("passes a copy of a version over its own key, which leaves that version as it is", async () => {
    const victim = await makeVictim(owners, bucket);
    const request: S3Request = {
      operation: "CopyObject",
      method: "PUT",
      key: victim.key,
      headers: {
        "x-amz-copy-source": `/${bucket}/${victim.key}?versionId=${victim.good.versionId}`,
        "x-amz-metadata-directive": "REPLACE",
      },
    };
    const one = await signed({ store: guard.everyone, key: keys.owner, bucket, request });
    expect((await sendRaw({ endpoint: guard.everyone.endpoint, requests: [one] })).status).toBe(200);
    expect(await damageTo(owners, victim)).toBe("none");
  });

  const versioning = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
  const doors: readonly (readonly [name: string, request: (victim: Victim) => S3Request])[] = [
    [
      "suspend versioning",
      () => ({
        operation: "PutBucketVersioning",
        method: "PUT",
        key: null,
        query: { versioning: "" },
        body: Buffer.from(versioning),
      }),
    ],
    [
      "remove the lifecycle rules",
      () => ({ operation: "DeleteBucketLifecycle", method: "DELETE", key: null, query: { lifecycle: "" } }),
    ],
    [
      "remove the tags of a version",
      ({ key, good: { versionId } }) => ({
        operation: "DeleteObjectTagging",
        method: "DELETE",
        key,
        query: { tagging: "", versionId },
      }),
    ],
    [
      "begin an upload in parts onto a version",
      ({ key, good: { versionId } }) => ({
        operation: "CreateMultipartUpload",
        method: "POST",
        key,
        query: { uploads: "", versionId },
      }),
    ],
  ];
  it.each(doors)("has the rescuer's port, but not everyone's, let a key that may %s", async (_, request) => {
    const place = `doors-${randomUUID().slice(0, 8)}`;
    const victim = await makeVictim(await openTestStore(running.store, place), place);
    const asked = async (store: LocalStore): Promise<string> => {
      const one = await signed({ store, key: keys.owner, bucket: place, request: request(victim) });
      return (await sendRaw({ endpoint: store.endpoint, requests: [one] })).text;
    };
    expect(await asked(guard.everyone)).toMatch(byGuard);
    expect(await asked(guard.rescuer)).toMatch(/^HTTP\/1\.1 20[04] /);
  });

  it.each([
    ["as it is", "/minio/admin/v3/info"],
    ["with a letter encoded", "/%6dinio/admin/v3/info"],
    ["with two slashes", "//minio/admin/v3/info"],
    ["with a dot", "/./minio/admin/v3/info"],
    ["back from another folder", "/a/../minio/admin/v3/info"],
    ["back from another folder, encoded", "/a/%2e%2E/minio/admin/v3/info"],
    ["from where it is to another folder", "/minio/admin/v3/info/../../../../a/b"],
    ["from where it is to another folder, encoded", "/minio/admin/v3/info/..%2f..%5c../.%2E/a/b"],
  ])("keeps MinIO's own API to the rescuer's port: %s", async (name, target) => {
    const asked = async (store: LocalStore): Promise<string> => {
      const request = { operation: "Info", method: "GET", key: objectKey("minio/admin/v3/info") } as const;
      const one = await signed({ store, key: keys.owner, bucket: null, request });
      return (await sendRaw({ endpoint: store.endpoint, requests: [{ ...one, target }] })).text;
    };
    expect(await asked(guard.everyone)).toMatch(byGuard);
    if (name === "as it is") expect(await asked(guard.rescuer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("hands out no temporary keys but at the rescuer's port", async () => {
    const asked = async ({ endpoint, owner }: LocalStore): Promise<string> =>
      (await keyFromSts(endpoint, owner, { role: "monitor", bucket, prefix: "home/" })).accessKey;
    await expect(asked(guard.everyone)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect(await asked(guard.rescuer)).toMatch(/./);
  });

  it("lets the rescuer's port be used from the rescuer's addresses alone", async () => {
    const request = { operation: "ListBuckets", method: "GET", key: null } as const;
    const { endpoint } = guard.rescuer;
    const one = await signed({ store: guard.rescuer, key: keys.owner, bucket: null, request });
    expect((await sendRaw({ endpoint, requests: [one] })).status).toBe(200);
    const outside = await sendRaw({ endpoint, requests: [one], from: "127.0.0.2" });
    expect(outside.text).toMatch(/^HTTP\/1\.1 403 [\s\S]*<Code>AccessDenied<\/Code>/);
  });

  it("passes on no header that it does not know, nor an address that the client claims", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(...request.rawHeaders);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const before = await startGuard({ ...running.store, endpoint: `http://127.0.0.1:${port}` });
    onTestFinished(async () => {
      await before.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const headers = [
      ["Host", "store.example:9000"],
      ["X-Minio-Of-Tomorrow", "yes"],
      ["X-Minio-Source-Replication-Request", ""],
      ["X-Minio-Internal-Compression", "klauspost/compress/s2"],
      ["X-Amz-Meta-X-Minio-Internal-Compression", "klauspost/compress/s2"],
      ["X-Amz-Object-Lock-Mode", "COMPLIANCE"],
      ["X-Forwarded-For", "10.0.0.1"],
      ["X-Real-IP", "10.0.0.1"],
      ["X-HTTP-Method-Override", "DELETE"],
      ["X-Amz-Date", "20261121T000000Z"],
      ["Content-Length", "1"],
      ["Connection", "close"],
    ] as const;
    const request = { method: "PUT", target: "/a/b", version: "HTTP/1.1", headers, body: Buffer.from("x") } as const;
    expect((await sendRaw({ endpoint: before.everyone.endpoint, requests: [request] })).status).toBe(200);
    const names = seen.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const passed = ["content-length", "host", "x-amz-date", "x-forwarded-for", "x-forwarded-proto"];
    expect(names.filter((name) => name !== "connection").sort()).toEqual(passed);
    expect(seen).toEqual(expect.arrayContaining(["store.example:9000", "127.0.0.1"]));
    expect(seen).not.toContain("10.0.0.1");
  });
});
