import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type PutBucketLifecycleConfigurationCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { LocalKey, LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { openS3Clients } from "../../src/adapters/s3/s3-client.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { hetznerDialect } from "../../src/access/policy/dialect.ts";
import { bucketPolicy } from "../../src/access/policy/document.ts";
import { isDenied } from "../../src/adapters/s3/answer-kind.ts";
import { roles, type Role } from "../../src/base/role.ts";
import { operateBucket } from "../stores/bucket-operator.ts";
import { openTestStore, s3Access } from "../stores/real-stores.ts";
import { bytes, key, rowsOf } from "./bucket.ts";

/** A bucket with one repository at `home/`, something beside it, and what each trial needs, made by the owner. */
interface Scene {
  readonly client: S3Client;
  readonly Bucket: string;
  /** An older version, a marker, and a key that nothing stands on. */
  readonly version: { readonly Key: string; readonly VersionId: string };
  readonly marker: { readonly Key: string; readonly VersionId: string };
}

type Trial = (scene: Scene) => Promise<unknown>;

const put =
  (Key: string): Trial =>
  async ({ client, Bucket }) =>
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
const hide =
  (Key: string): Trial =>
  async ({ client, Bucket }) =>
    await client.send(new DeleteObjectCommand({ Bucket, Key }));

/** What is tried, and which roles may: m(onitor), w(riter), p(runer), u (purger), r(escuer). */
const trials: Readonly<Record<string, readonly [may: string, trial: Trial]>> = {
  "list current objects": [
    "mwpur",
    async ({ client, Bucket }) => await client.send(new ListObjectsV2Command({ Bucket, Prefix: "home/data/" })),
  ],
  "list versions": [
    "mur",
    async ({ client, Bucket }) => await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: "home/" })),
  ],
  "list the names beside the repository": [
    "wpr",
    async ({ client, Bucket }) => await client.send(new ListObjectsV2Command({ Bucket, Prefix: "beside/" })),
  ],
  "list open uploads": [
    "r",
    async ({ client, Bucket }) => await client.send(new ListMultipartUploadsCommand({ Bucket })),
  ],
  "read an object": [
    "wpr",
    async ({ client, Bucket }) => await client.send(new GetObjectCommand({ Bucket, Key: "home/data/a" })),
  ],
  "read an older version": [
    "r",
    async ({ client, Bucket, version }) => await client.send(new GetObjectCommand({ Bucket, ...version })),
  ],
  "read beside the repository": [
    "",
    async ({ client, Bucket }) => await client.send(new GetObjectCommand({ Bucket, Key: "beside/data/a" })),
  ],
  "copy an older version forward": [
    "r",
    async ({ client, Bucket, version: { Key, VersionId } }) =>
      await client.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}?versionId=${VersionId}` })),
  ],
  "put under data/": ["wpr", put("home/data/new")],
  "put under locks/": ["wpr", put("home/locks/new")],
  "put under keys/": ["r", put("home/keys/new")],
  "replace config": ["r", put("home/config")],
  "put beside the repository": ["", put("beside/data/new")],
  "put under a name that only begins like it": ["", put("homework/data/new")],
  "hide a lock": ["wpr", hide("home/locks/a")],
  "hide a pack": ["pr", hide("home/data/b")],
  "hide packs in a batch": ["pr", async ({ client, Bucket }) => await batch(client, Bucket, [{ Key: "home/data/c" }])],
  "hide beside the repository": ["", hide("beside/data/a")],
  "lift a marker": [
    "ur",
    async ({ client, Bucket, marker }) => await client.send(new DeleteObjectCommand({ Bucket, ...marker })),
  ],
  "destroy a version": [
    "ur",
    async ({ client, Bucket, version }) => await client.send(new DeleteObjectCommand({ Bucket, ...version })),
  ],
  "destroy versions in a batch": ["ur", async ({ client, Bucket, version }) => await batch(client, Bucket, [version])],
  "read the versioning": [
    "mwpur",
    async ({ client, Bucket }) => await client.send(new GetBucketVersioningCommand({ Bucket })),
  ],
  "read the lifecycle": [
    "mur",
    async ({ client, Bucket }) => await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
  ],
  "turn versioning on": [
    "r",
    async ({ client, Bucket }) =>
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } })),
  ],
  "change the bucket's policy": [
    "r",
    async ({ client, Bucket }) => await client.send(new PutBucketPolicyCommand({ Bucket, Policy: "{" })),
  ],
  "open an object to all": [
    "",
    async ({ client, Bucket }) =>
      await client.send(new PutObjectAclCommand({ Bucket, Key: "home/data/a", ACL: "public-read" })),
  ],
};

/** The answer is 200 for the whole, and each entry has its own. */
async function batch(client: S3Client, Bucket: string, Objects: { Key: string; VersionId?: string }[]): Promise<void> {
  const { Errors: errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  const [error] = errors;
  if (error !== undefined)
    throw Object.assign(new Error(error.Message), { name: error.Code, $metadata: { httpStatusCode: 403 } });
}

/** As an intruder sends it: the SDK has no such parameter. */
const putOntoAVersion: Trial = async ({ client, Bucket, version: { Key, VersionId } }) => {
  const command = new PutObjectCommand({ Bucket, Key, Body: "the thief's" });
  type Given = { request: { query: Record<string, string> } };
  const change = (next: (given: Given) => Promise<unknown>) => async (given: Given) => {
    given.request.query["versionId"] = VersionId;
    return await next(given);
  };
  command.middlewareStack.add(change as never, { step: "build" });
  await client.send(command);
};

/** What a policy of MinIO's denies by a condition, for whoever may put at all. */
export function deniesAPutOntoAVersion(local: () => LocalStore): void {
  it.each(["writer", "pruner"] as const)("does not let the %s put onto a version id", async (role) => {
    expect(await outcome(putOntoAVersion, await makeScene(local(), role))).toBe("refused");
  });

  it("sees that it is let through without that denial", async () => {
    const scene = await makeScene(local(), "writer");
    const { writing: client } = openS3Clients(s3Access(local(), local().owner, scene.Bucket));
    expect(await outcome(putOntoAVersion, { ...scene, client })).toBe("allowed");
  });
}

type Rules = NonNullable<PutBucketLifecycleConfigurationCommandInput["LifecycleConfiguration"]>;

/** The rules that go with a policy, set with the rescuer's key as a person with that key would. */
export function takesTheLifecycle(local: () => LocalStore, rules: string): void {
  it("takes the lifecycle rules from the rescuer, and gives them back as they were meant", async () => {
    const { client, Bucket } = await makeScene(local(), "rescuer");
    const LifecycleConfiguration = JSON.parse(rules) as Rules;
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    const { lifecycle } = await openS3Store(s3Access(local(), local().owner, Bucket)).settings();
    const read = lifecycle.kind === "set" ? lifecycle.value.rules : [];
    expect(read.map((rule) => [rule.isEnabled, rule.prefix])).toEqual(read.map(() => [true, "home/"]));
    expect(read.flatMap(({ noncurrentDays }) => noncurrentDays ?? [])).toEqual([35]);
    expect(read.every((rule) => rule.currentDays === null && rule.newerNoncurrentVersions === null)).toBe(true);
    expect(lifecycle).toMatchObject({
      value: { text: expect.stringContaining("ExpiredObjectDeleteMarker") as string },
    });
  });
}

/** What the remark on object lock promises: nothing but adding goes on, and a version stays even from the rescuer. */
export function worksInALockedBucket(local: () => LocalStore): void {
  it("lets each role work where every version is locked by default, and the rescuer destroy none", async () => {
    const Bucket = `locked-${randomUUID().slice(0, 8)}`;
    const operator = operateBucket(s3Access(local(), local().owner, Bucket));
    await operator.createLockableBucket();
    await operator.lockByDefault({ mode: "GOVERNANCE", years: 1 });
    const clientOf = async (role: Role): Promise<S3Client> => {
      const granted = await local().makeKey({ role, bucket: Bucket, prefix: "home/" });
      return openS3Clients(s3Access(local(), granted, `${Bucket}/home`)).writing;
    };
    const [writer, pruner, rescuer] = [await clientOf("writer"), await clientOf("pruner"), await clientOf("rescuer")];
    const Key = "home/data/a";
    const { VersionId } = await writer.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    await writer.send(new PutObjectCommand({ Bucket, Key: "home/locks/a", Body: "x" }));
    await writer.send(new DeleteObjectCommand({ Bucket, Key: "home/locks/a" }));
    const { VersionId: marker } = await pruner.send(new DeleteObjectCommand({ Bucket, Key }));
    await rescuer.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker }));
    const CopySource = `${Bucket}/${Key}?versionId=${String(VersionId)}`;
    await rescuer.send(new CopyObjectCommand({ Bucket, Key, CopySource }));
    await expect(rescuer.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toThrow();
    const { Body } = await rescuer.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    expect(await Body?.transformToString()).toBe("x");
  });
}

/** Roles that may do a thing on a store against the table of trials, by the trial's name. */
type Exceptions = Readonly<Record<string, string>>;

/** Applies the policy of each role to a bucket of its own and tries everything with the key: what the store says is the proof. */
export function keepsRolesApart(local: () => LocalStore, exceptions: Exceptions = {}): void {
  describe("the policies of the roles", () => {
    it.each(roles)("give the %s what it needs and nothing more", async (role) => {
      await expectVerdicts(role, await makeScene(local(), role), exceptions);
    });

    it("tell a writer that a repository is missing, not that it is refused", async () => {
      const { client, Bucket } = await makeScene(local(), "writer");
      const missing = client.send(new HeadObjectCommand({ Bucket, Key: "home/missing" }));
      await expect(missing).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
    });
  });
}

/** The same for the form that only takes away, applied to a key that may do everything: the owner's. */
export function narrowsTheOwner(local: () => LocalStore, exceptions: Exceptions): void {
  describe("the policy that only takes away", () => {
    it.each(roles)("leaves the owner what a %s needs of the repository", async (role) => {
      const scene = await makeScene(local(), role);
      const { writing: client } = openS3Clients(s3Access(local(), local().owner, scene.Bucket));
      const place = { bucket: scene.Bucket, prefix: "home/" };
      const principals = new Map([[role, { AWS: ["arn:aws:iam:::user/owner"] }]]);
      const Policy = bucketPolicy({ place, dialect: hetznerDialect, principals });
      await client.send(new PutBucketPolicyCommand({ Bucket: scene.Bucket, Policy }));
      await expectVerdicts(role, { ...scene, client }, exceptions);
    });
  });
}

async function expectVerdicts(role: Role, scene: Scene, exceptions: Exceptions): Promise<void> {
  const got: Record<string, string> = {};
  const expected: Record<string, string> = {};
  for (const [name, [may, trial]] of Object.entries(trials)) {
    expected[name] = (exceptions[name] ?? may).includes(letterOf(role)) ? "allowed" : "refused";
    got[name] = await outcome(trial, scene);
  }
  expect(got).toEqual(expected);
}

function letterOf(role: Role): string {
  return role === "purger" ? "u" : role.slice(0, 1);
}

/** A trial that the store lets through may still fail: what it was tried on was bad, or is gone. */
async function outcome(trial: Trial, scene: Scene): Promise<string> {
  try {
    await trial(scene);
    return "allowed";
  } catch (error) {
    if (isDenied(error)) return "refused";
    const name = error instanceof Error ? error.name : "";
    // A store that does not have it: MinIO has no ACLs.
    if (name === "NotImplemented") return "refused";
    const isPastTheRights = ["MalformedPolicy", "NoSuchLifecycleConfiguration", "InvalidArgument"].includes(name);
    return isPastTheRights ? "allowed" : `failed: ${String(error)}`;
  }
}

async function makeScene(local: LocalStore, role: Role): Promise<Scene> {
  const Bucket = `rights-${role}-${randomUUID().slice(0, 8)}`;
  const owners = await openTestStore(local, Bucket);
  for (const name of ["a", "b", "c", "hidden"]) await owners.put(key(`home/data/${name}`), bytes(name));
  for (const name of ["home/data/a", "home/locks/a", "home/config", "beside/data/a"]) {
    await owners.put(key(name), bytes("the owner's"));
  }
  await owners.hide([key("home/data/hidden")]);
  const rows = await rowsOf(owners);
  const older = rows.find((row) => row.key === "home/data/a" && row.kind === "version" && !row.isLatest);
  const hidden = rows.find((row) => row.kind === "marker");
  if (older === undefined || hidden === undefined) throw new Error("the scene is not complete");
  const granted: LocalKey = await local.makeKey({ role, bucket: Bucket, prefix: "home/" });
  const { writing: client } = openS3Clients(s3Access(local, granted, `${Bucket}/home`));
  return {
    client,
    Bucket,
    version: { Key: older.key, VersionId: older.versionId },
    marker: { Key: hidden.key, VersionId: hidden.versionId },
  };
}
