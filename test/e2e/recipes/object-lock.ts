import {
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectRetentionCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalKey, LocalStore } from "../../../src/adapters/local-store/local-store.ts";
import { openS3Store } from "../../../src/adapters/s3/s3-store.ts";
import { objectKey, type ObjectKey } from "../../../src/base/object-key.ts";
import type { HistoryRow, ObjectVersion } from "../../../src/store/object-version.ts";
import { operateBucket } from "../../stores/bucket-operator.ts";
import { s3Access, type RealStore, type RunningStore } from "../../stores/real-stores.ts";
import { openHostWithRepository, type Host } from "../host.ts";
import { canRun } from "./recipe-programs.ts";
import { filledTemplate, recipeScript } from "./recipe-template.ts";
import { succeed } from "./run-program.ts";

type Mode = "GOVERNANCE" | "COMPLIANCE";
type Outcome = "destroyed" | "refused";

const hasAws = canRun("aws", "--version");

/** Object lock in both modes on one real store, with the keys that `holdfast policy` describes. */
export function describeObjectLock({ name, isHere, start }: RealStore): void {
  describe.skipIf(!isHere)(`object lock on a real ${name}`, () => {
    let running: RunningStore;
    beforeAll(async () => {
      running = await start();
    });
    afterAll(async () => await running.stop());
    for (const mode of ["GOVERNANCE", "COMPLIANCE"] as const) {
      describe(`in ${mode} mode`, () => {
        describeMode(mode, () => running.store);
      });
    }
    describeExtension(() => running.store);
  });
}

function describeMode(mode: Mode, store: () => LocalStore): void {
  const bucket = `lock-${mode.toLowerCase()}`;
  const place = `${bucket}/home`;
  let host: Host;
  beforeAll(async () => {
    host = await openLockedHost(store(), place, mode);
  });
  afterAll(async () => await host.remove());
  const json = async (...words: readonly string[]) => await host.run(["--json", ...words]);
  const rows = async (): Promise<readonly HistoryRow[]> => await rowsOf(store(), place);
  const others = async (): Promise<readonly HistoryRow[]> => await rowsOf(store(), `${bucket}/other`);
  const versionsBelow = async (folder: string): Promise<readonly HistoryRow[]> =>
    (await rows()).filter(({ key, kind }) => kind === "version" && key.startsWith(`home/${folder}`));

  it("lets restic back up, and its locks go from sight though not from the bucket", async () => {
    expect((await json("backup")).code).toBe(0);
    appendFileSync(path.join(host.files, "one"), "more\n");
    expect((await json("backup")).code).toBe(0);
    const locks = await versionsBelow("locks/");
    expect(locks.length).toBeGreaterThanOrEqual(2);
    expect(locks.filter(({ isLatest }) => isLatest)).toEqual([]);
    expect(await attempts(store(), store().owner, { bucket, rows: locks.slice(0, 1) })).toEqual({
      plain: "refused",
    });
  });

  it("refuses the thief of the writer's and of the pruner's key every version", async () => {
    const { writer, pruner } = host.settings.keys;
    for (const key of [writer, pruner]) {
      if (key === undefined) throw new Error("the host has no keys");
      const all = await versionsBelow("");
      expect(await attempts(store(), key, { bucket, rows: all, bypass: true })).toEqual({
        plain: "refused",
        bypassed: "refused",
      });
      expect(await versionsBelow("")).toEqual(all);
    }
  });

  const unlessBypassed = mode === "GOVERNANCE" ? "unless the owner asks to bypass it" : "whatever the owner asks";
  it(`keeps versions from the bucket's owner, ${unlessBypassed}`, async () => {
    const { owner } = store();
    await openS3Store(s3Access(store(), owner, bucket)).put(objectKey("other/one"), randomBytes(10));
    expect(await attempts(store(), owner, { bucket, rows: await others(), bypass: true })).toEqual({
      plain: "refused",
      bypassed: mode === "GOVERNANCE" ? "destroyed" : "refused",
    });
  });

  it("is brought back by a rollback after the thief hid and overwrote everything", async () => {
    const shown = shownBy(await rows());
    const T = new Date(Math.max(...[...shown.values()].map(({ lastModified }) => lastModified))).toISOString();
    await wait(1_100);
    const { pruner } = host.settings.keys;
    if (pruner === undefined) throw new Error("the host has no keys");
    const stolen = openS3Store(s3Access(store(), pruner, place));
    const keys = [...shown.keys()];
    for (const key of keys.filter((each) => each.includes("/data/"))) await stolen.put(key, randomBytes(50));
    expect((await stolen.hide(keys)).filter(({ error }) => error !== null)).toEqual([]);
    expect((await json("snapshots")).code).toBe(10);
    const planned = await json("rollback", "plan", "--to", T);
    expect(planned).toMatchObject({ code: 0, last: { unrecoverable: 0, unproven: 0 } });
    const applied = await json("--yes", "rollback", "apply", String(planned.last["name"]), "--check");
    expect(applied.last).toMatchObject({ ok: true, failed: 0, check: { errors: 0 } });
    expect([...shownBy(await rows()).keys()]).toEqual(keys);
  });

  it("keeps a version until its date and no longer, unless that is extended", async () => {
    const client = clientOf(store(), store().owner);
    const until = new Date(Date.now() + 4_000);
    for (const Key of ["other/kept", "other/left"]) {
      const body = randomBytes(10);
      const ContentMD5 = createHash("md5").update(body).digest("base64");
      const lock = { ObjectLockMode: mode, ObjectLockRetainUntilDate: until };
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: body, ContentMD5, ...lock }));
    }
    const Retention = { Mode: mode, RetainUntilDate: new Date(Date.now() + 3_600_000) };
    await client.send(new PutObjectRetentionCommand({ Bucket: bucket, Key: "other/kept", Retention }));
    client.destroy();
    await wait(Math.max(0, until.getTime() - Date.now()) + 1_500);
    const outcomeOf = async (key: string) => {
      const rows = (await others()).filter((row) => row.key === key);
      return await attempts(store(), store().owner, { bucket, rows });
    };
    expect(await outcomeOf("other/left")).toEqual({ plain: "destroyed" });
    expect(await outcomeOf("other/kept")).toEqual({ plain: "refused" });
  });
}

function describeExtension(store: () => LocalStore): void {
  const [bucket, mode] = ["lock-extended", "GOVERNANCE"] as const;
  let host: Host;
  beforeAll(async () => {
    host = await openLockedHost(store(), `${bucket}/home`, mode);
    expect((await host.run(["backup"])).code).toBe(0);
  });
  afterAll(async () => await host.remove());

  it.skipIf(!hasAws)("has all that is shown but locks kept longer by the script (needs the aws program)", async () => {
    const { owner, endpoint, provider } = store();
    if (provider === "ceph") await grantExtension(store(), bucket);
    const days = 800;
    const printed = await succeed([recipeScript("extend-retention.sh")], {
      PATH: process.env["PATH"] ?? "",
      HOME: host.folder,
      AWS_ACCESS_KEY_ID: owner.accessKey,
      AWS_SECRET_ACCESS_KEY: owner.secretKey.reveal(),
      AWS_DEFAULT_REGION: "us-east-1",
      ...{ ENDPOINT: endpoint, BUCKET: bucket, PREFIX: "home/", MODE: mode, DAYS: String(days) },
    });
    const shown = shownBy(await rowsOf(store(), `${bucket}/home`));
    expect(printed).toContain(`${shown.size} objects are kept until`);
    const client = clientOf(store(), owner);
    for (const { key: Key, versionId: VersionId } of shown.values()) {
      const { Retention } = await client.send(new GetObjectRetentionCommand({ Bucket: bucket, Key, VersionId }));
      expect(Number(Retention?.RetainUntilDate)).toBeGreaterThan(Date.now() + (days - 1) * 86_400_000);
    }
    client.destroy();
  });
}

async function openLockedHost(store: LocalStore, place: string, mode: Mode): Promise<Host> {
  const owner = operateBucket(s3Access(store, store.owner, place));
  await owner.createLockableBucket();
  await owner.lockByDefault({ mode, years: 1 });
  return await openHostWithRepository(store, place);
}

/** Adds the template's statement to the bucket's policy: on Ceph an object belongs to who put it, not to the bucket's owner. */
async function grantExtension(store: LocalStore, Bucket: string): Promise<void> {
  const client = clientOf(store, store.owner);
  const { Policy = "" } = await client.send(new GetBucketPolicyCommand({ Bucket }));
  const policy = JSON.parse(Policy) as { Statement: unknown[] };
  const values = { BUCKET: Bucket, PREFIX: "home/", PRINCIPAL: "arn:aws:iam:::user/owner" };
  policy.Statement.push(JSON.parse(filledTemplate("extend-retention.json", values)));
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }));
  client.destroy();
}

interface Tried {
  readonly bucket: string;
  readonly rows: readonly HistoryRow[];
  /** Also with the header that asks to bypass a retention in GOVERNANCE mode. */
  readonly bypass?: boolean;
}

/** What each way of deleting these versions came to; throws when they did not all come to the same, or an answer is another. */
async function attempts(
  store: LocalStore,
  key: LocalKey,
  { bucket: Bucket, rows, bypass = false }: Tried,
): Promise<Readonly<Record<string, Outcome>>> {
  const client = clientOf(store, key);
  const one = async ({ key: Key, versionId: VersionId }: HistoryRow, isBypassed: boolean): Promise<Outcome> => {
    const more = isBypassed ? { BypassGovernanceRetention: true } : {};
    try {
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId, ...more }));
      return "destroyed";
    } catch (error) {
      const { name } = error as Error;
      if (name === "AccessDenied" || name === "InvalidRequest" || name === "ObjectLocked") return "refused";
      throw error;
    }
  };
  const all = async (isBypassed: boolean): Promise<Outcome> => {
    const outcomes = new Set<Outcome>();
    for (const row of rows) outcomes.add(await one(row, isBypassed));
    const [outcome] = outcomes;
    if (outcome === undefined || outcomes.size > 1) throw new Error("nothing was tried, or it came to different ends");
    return outcome;
  };
  try {
    return { plain: await all(false), ...(bypass ? { bypassed: await all(true) } : {}) };
  } finally {
    client.destroy();
  }
}

/** What a reader without version ids sees, locks left out. */
function shownBy(rows: readonly HistoryRow[]): ReadonlyMap<ObjectKey, ObjectVersion> {
  const shown = rows.filter((row): row is ObjectVersion => row.kind === "version" && row.isLatest);
  return new Map(shown.filter(({ key }) => !key.includes("/locks/")).map((row) => [row.key, row]));
}

async function rowsOf(store: LocalStore, place: string): Promise<readonly HistoryRow[]> {
  const access = s3Access(store, store.owner, place);
  const rows: HistoryRow[] = [];
  for await (const page of openS3Store(access).listVersions(access.location.prefix)) rows.push(...page);
  return rows;
}

function clientOf({ endpoint }: LocalStore, { accessKey: accessKeyId, secretKey }: LocalKey): S3Client {
  return new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey: secretKey.reveal() },
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
}
