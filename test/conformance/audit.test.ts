import { describe, expect, it, onTestFinished } from "vitest";
import { attempts } from "../../src/access/attempts.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import type { AuditedKey } from "../../src/access/audit.ts";
import type { Check } from "../../src/access/check.ts";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { roles } from "../../src/base/role.ts";
import { operateBucket } from "../stores/bucket-operator.ts";
import { nginxIsHere, startGuard } from "../stores/nginx-guard.ts";
import { realStores, s3Access } from "../stores/real-stores.ts";
import {
  allRows,
  audit,
  grantedKey,
  keyWith,
  makeAuditedBucket,
  ownersKey,
  sessionWith,
  surprises,
  type AuditedBucket,
  type Statement,
} from "./audited.ts";
import { shapeOf } from "./bucket.ts";
import { duringTheTests } from "./real-store.ts";

const [ceph, minio] = realStores();
/** What a key that may only put and get can do on a MinIO that nothing guards. */
const holesOfMinio = ["put onto a version id allowed", "snowball upload allowed", "forge a date allowed"] as const;
const [inPlace, unpacking, dating] = holesOfMinio;
const forcing = "forced delete allowed";

/** One right added by mistake: what is granted, where, and the one finding that it must make. */
type Mistake = readonly [
  action: string,
  resource: "bucket" | "store" | `${string}*` | `${string}config`,
  attempt: string,
];

const onBoth: readonly Mistake[] = [
  ["s3:PutObject", "home/keys/*", "plant a key or config"],
  ["s3:PutObject", "home/config", "plant a key or config"],
  ["s3:PutObject", "home/*", "plant a key or config"],
  ["s3:PutObject", "home-*", "write another prefix"],
  ["s3:PutObject", "beside/*", "write another prefix"],
  ["s3:GetObject", "*", "read another prefix"],
  ["s3:PutBucketVersioning", "bucket", "suspend versioning"],
  ["s3:PutLifecycleConfiguration", "bucket", "change lifecycle rules"],
  ["s3:PutBucketPolicy", "bucket", "change the policy"],
  ["s3:PutBucketObjectLockConfiguration", "bucket", "change object lock"],
  ["s3:DeleteBucket", "bucket", "delete the bucket"],
];
const onCeph: readonly Mistake[] = [
  ...onBoth,
  ["s3:ListBucketVersions", "bucket", "list versions"],
  ["s3:PutBucketAcl", "bucket", "change the bucket's ACL"],
  ["s3:DeleteObject", "home/data/*", "delete an object"],
  ["s3:DeleteObject", "home/index/*", "delete an object"],
  ["s3:DeleteObject", "home/snapshots/*", "delete an object"],
  ["s3:DeleteObject", "home/keys/*", "delete an object"],
  ["s3:DeleteObject", "home/*", "delete an object"],
  ["s3:DeleteObjectVersion", "home/data/*", "destroy a version"],
  ["s3:DeleteObjectVersion", "home/locks/*", "destroy a version"],
  ["s3:DeleteObjectVersion", "home/*", "destroy a version"],
];
/** MinIO's forced delete comes along with deleting where the thief's own folder is tried, and its ACL with its policy. */
const onMinio: readonly Mistake[] = [
  ...onBoth.filter(([action]) => action !== "s3:PutBucketPolicy"),
  ["s3:PutEncryptionConfiguration", "bucket", "change encryption"],
  ["s3:PutReplicationConfiguration", "bucket", "change replication"],
  ["s3:PutBucketNotification", "bucket", "change notifications"],
  ["s3:DeleteObject", "home/index/*", "delete an object"],
  ["s3:DeleteObject", "home/snapshots/*", "delete an object"],
  ["s3:DeleteObject", "home/keys/*", "delete an object"],
  ["admin:CreateUser", "store", "make keys"],
];

describe.skipIf(!ceph.isHere)("an audit of Ceph RGW", () => {
  const local = duringTheTests(ceph);
  const untried = ["change encryption", "change replication", "bypass retention", "make keys"];
  tellsWhatEachRoleMay(local, () => []);
  findsOneMistakeAtATime(local, { mistakes: onCeph, always: [] });
  tellsWhatIsRefusedToAll(local, { untried });
  tellsLocks(local, "allowed");
  tellsWhatAMonitorReads(local);
  putsNothingUnderCompliance(local);

  it("sees with the writer's key alone that an overwritten version stays", async () => {
    const bucket = await makeAuditedBucket(local());
    const checks = await audit(bucket, [await grantedKey(bucket, "writer")]);
    expect(surprises(checks)).toEqual([]);
    expect(gotOf(checks)["overwrite for good"]).toBe("refused");
  });
});

describe.skipIf(!minio.isHere)("an audit of MinIO", () => {
  const local = duringTheTests(minio);
  tellsWhatEachRoleMay(local, (role) => {
    if (role === "writer") return [unpacking, dating];
    return role === "pruner" ? [forcing, unpacking, dating] : [];
  });
  findsOneMistakeAtATime(local, { mistakes: onMinio, always: holesOfMinio });
  tellsWhatIsRefusedToAll(local, { untried: ["bypass retention"] });
  tellsLocks(local, "refused");
  tellsWhatAMonitorReads(local);
  putsNothingUnderCompliance(local);

  it.each([
    ["user", "writer", keyWith, holesOfMinio],
    ["user", "pruner", keyWith, [inPlace, forcing, unpacking, dating]],
    ["session of the owner's", "writer", sessionWith, holesOfMinio],
    ["session of the owner's", "pruner", sessionWith, [inPlace, forcing, unpacking, dating]],
  ] as const)("names the holes that no policy closes to a %s that may what a %s may", async (_, role, make, holes) => {
    const bucket = await makeAuditedBucket(local());
    const policy = plain(bucket, role === "pruner" ? "home/*" : "home/locks/*");
    const checks = await audit(bucket, [await make(bucket, role, policy), ownersKey(bucket)]);
    expect(surprises(checks)).toEqual(holes);
    for (const { fix } of checks.filter(({ ok }) => !ok)) expect(fix).toContain("templates/minio-guard");
  });

  describe.skipIf(!nginxIsHere())("behind the guard", () => {
    it.each(["writer", "pruner"] as const)("finds nothing that a %s's key could do", async (role) => {
      const guard = await startGuard(local());
      onTestFinished(async () => await guard.stop());
      const bucket = await makeAuditedBucket(local());
      const before = await allRows(bucket.owners);
      const key = await grantedKey({ ...bucket, local: guard.everyone }, role);
      const checks = await audit(bucket, [key, ownersKey({ ...bucket, local: guard.rescuer })]);
      expect(surprises(checks)).toEqual([]);
      expect(gotOf(checks)).toMatchObject({
        "put onto a version id": "refused",
        "forced delete": "refused",
        "snowball upload": "refused",
        "forge a date": "refused",
      });
      expect(await allRows(bucket.owners)).toEqual(before);
    });
  });

  it("finds that who may delete may delete by version id, where that is not denied", async () => {
    const bucket = await makeAuditedBucket(local());
    const allowed = plain(bucket, "home/locks/*").filter(({ Effect }) => Effect === "Allow");
    const checks = await audit(bucket, [await keyWith(bucket, "writer", allowed), ownersKey(bucket)]);
    const first = checks.find(({ attempt }) => attempt === "destroy a version");
    expect(first).toMatchObject({ got: "allowed", ok: false, detail: "single, batch, a marker" });
  });
});

/** Right as `holdfast policy` prints it. */
function tellsWhatEachRoleMay(local: () => LocalStore, known: (role: string) => readonly string[]): void {
  it.each(roles)(
    "is content with the %s's key as the policy grants it, and leaves every row as it was",
    async (role) => {
      const bucket = await makeAuditedBucket(local());
      const before = await allRows(bucket.owners);
      const helper = role === "rescuer" ? [] : [ownersKey(bucket)];
      const checks = await audit(bucket, [await grantedKey(bucket, role), ...helper]);
      expect(surprises(checks)).toEqual(known(role));
      expect(checks.filter(({ got }) => got === "error")).toEqual([]);
      expect(checks.map(({ attempt }) => attempt)).toEqual(attempts.map(({ name }) => name));
      expect(await allRows(bucket.owners)).toEqual(before);
    },
  );

  it("leaves nothing that shows behind where no key may destroy", async () => {
    const bucket = await makeAuditedBucket(local());
    const writer = await grantedKey(bucket, "writer");
    for (const round of [1, 2]) {
      await audit(bucket, [writer]);
      const rows = await allRows(bucket.owners);
      const shown = rows.filter(({ kind, isLatest }) => kind === "version" && isLatest).map((row) => row.key);
      expect(shown, `round ${round}`).toEqual(["beside/thing", "home/config"]);
      const names = new Set(rows.map((row) => row.key).filter((each) => each.includes("canary")));
      expect(names.size, `round ${round}`).toBeLessThanOrEqual(3);
    }
  });

  it("tries two canaries in the quick form", async () => {
    const bucket = await makeAuditedBucket(local());
    const checks = await audit(bucket, [await grantedKey(bucket, "writer"), ownersKey(bucket)], { quick: true });
    expect(gotOf(checks)).toEqual({ "overwrite for good": "refused", "destroy a version": "refused" });
    expect(shapeOf(await allRows(bucket.owners))).toHaveLength(2);
  });

  it("finds in the quick form that versioning was suspended", async () => {
    const bucket = await makeAuditedBucket(local());
    await administerBucket(s3Access(local(), local().owner, bucket.bucket)).suspendVersioning();
    const checks = await audit(bucket, [await grantedKey(bucket, "writer")], { quick: true });
    expect(surprises(checks)).toContain("overwrite for good allowed");
  });
}

interface Mistakes {
  readonly mistakes: readonly Mistake[];
  /** What this store finds whatever the policy. */
  readonly always: readonly string[];
}

function findsOneMistakeAtATime(local: () => LocalStore, { mistakes, always }: Mistakes): void {
  it.each(mistakes)("finds %s on %s in a writer's policy, and nothing else", async (action, resource, attempt) => {
    const bucket = await makeAuditedBucket(local());
    const arn = `arn:aws:s3:::${bucket.bucket}${resource === "bucket" ? "" : `/${resource}`}`;
    const Resource = resource === "store" ? {} : { Resource: [arn] };
    const mistake: Statement = { Effect: "Allow", Action: [action], ...Resource };
    const policy = [...plain(bucket, "home/locks/*"), mistake];
    const checks = await audit(bucket, [await keyWith(bucket, "writer", policy), ownersKey(bucket)]);
    const found = surprises(checks);
    expect(found.filter((each) => !always.includes(each))).toEqual([`${attempt} allowed`]);
    const { fix, cost } = checks.find((check) => check.attempt === attempt) ?? {};
    expect(fix).toContain(action);
    expect(cost).not.toBe("");
  });
}

interface Refused {
  /** Attempts that this store gives no way to tell. */
  readonly untried: readonly string[];
}

function tellsWhatIsRefusedToAll(local: () => LocalStore, { untried }: Refused): void {
  it("says refused of everything that it can tell, of a key without any right", async () => {
    const bucket = await makeAuditedBucket(local());
    const nothing: Statement = {
      Effect: "Allow",
      Action: ["s3:GetBucketLocation"],
      Resource: [`arn:aws:s3:::${bucket.bucket}`],
    };
    const checks = await audit(bucket, [await keyWith(bucket, "writer", [nothing]), ownersKey(bucket)]);
    const others = checks.filter(({ got }) => got !== "refused").map(({ attempt, got }) => `${attempt} ${got}`);
    expect(others.filter((each) => !untried.includes(each.replace(" not tried", "")))).toEqual([]);
  });
}

/** In a bucket where what is put can be taken away by nobody. */
function putsNothingUnderCompliance(local: () => LocalStore): void {
  it.each([
    ["that reads the default", grantedKey, false],
    ["that may not read the default", plainWriter, false],
    ["beside one that may read the default", plainWriter, true],
  ])(
    "puts no canary with a writer's key %s where each object is locked in COMPLIANCE mode",
    async (_, make, isHelped) => {
      const bucket = await makeAuditedBucket(local(), { lockable: true });
      const owner = s3Access(local(), local().owner, bucket.bucket);
      await operateBucket(owner).lockByDefault({ mode: "COMPLIANCE", years: 1 });
      const before = await allRows(bucket.owners);
      const checks = await audit(bucket, [await make(bucket, "writer"), ...(isHelped ? [ownersKey(bucket)] : [])]);
      expect(gotOf(checks)["overwrite for good"]).toBe("not tried");
      expect(gotOf(checks)["destroy a version"]).toBe("refused");
      const rows = await allRows(bucket.owners);
      expect(rows.filter(({ kind }) => kind === "version")).toEqual(before);
    },
  );
}

async function plainWriter(bucket: AuditedBucket): Promise<AuditedKey> {
  return await keyWith(bucket, "writer", plain(bucket, "home/locks/*"));
}

/** Of a role that may put no canary. */
function tellsWhatAMonitorReads(local: () => LocalStore): void {
  it.each([
    ["nothing", [], []],
    ["objects", ["s3:GetObject"], ["read what was backed up allowed", "read another prefix allowed"]],
  ] as const)("finds that a monitor may read %s", async (_, actions, expected) => {
    const bucket = await makeAuditedBucket(local());
    const on = `arn:aws:s3:::${bucket.bucket}`;
    const look = ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning"];
    const statements: readonly Statement[] = [
      { Effect: "Allow", Action: look, Resource: [on] },
      ...(actions.length === 0 ? [] : [{ Effect: "Allow", Action: actions, Resource: [`${on}/*`] } as const]),
    ];
    const checks = await audit(bucket, [await keyWith(bucket, "monitor", statements), ownersKey(bucket)]);
    expect(surprises(checks)).toEqual(expected);
    expect(gotOf(checks)["read what was backed up"]).toBe(actions.length === 0 ? "refused" : "allowed");
  });
}

/** In a bucket whose versions can be locked. `own`: whether who may put locks what he puts, granted or not. */
function tellsLocks(local: () => LocalStore, own: "allowed" | "refused"): void {
  const locking = ["s3:PutObjectRetention", "s3:PutObjectLegalHold"];
  const bypassing = ["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"];
  it.each([
    ["nothing", [], own, "refused"],
    ["locking", locking, "allowed", "refused"],
    ["all that bypassing takes", [...locking, ...bypassing], "allowed", "allowed"],
  ] as const)(
    "tells of a writer that may also do %s whether it locks and bypasses",
    async (_, actions, locks, bypasses) => {
      const bucket = await makeAuditedBucket(local(), { lockable: true });
      const Resource = [`arn:aws:s3:::${bucket.bucket}/home/locks/*`];
      const isBypassing = bypasses === "allowed";
      const base = plain(bucket, "home/locks/*").filter(({ Effect }) => Effect === "Allow" || !isBypassing);
      const more: readonly Statement[] = actions.length === 0 ? [] : [{ Effect: "Allow", Action: actions, Resource }];
      const checks = await audit(bucket, [await keyWith(bucket, "writer", [...base, ...more]), ownersKey(bucket)]);
      expect(gotOf(checks)).toMatchObject({ "lock a version": locks, "bypass retention": bypasses });
    },
  );
}

/**
 * A writer's rights and no more. On MinIO with the one deny without which deleting is deleting by version id too; on Ceph it
 * would outweigh the mistake that is to be found.
 */
function plain({ local, bucket }: AuditedBucket, removes: string): readonly Statement[] {
  const on = (...paths: readonly string[]): readonly string[] => paths.map((each) => `arn:aws:s3:::${bucket}/${each}`);
  const allowed: readonly Statement[] = [
    { Effect: "Allow", Action: ["s3:ListBucket", "s3:GetBucketVersioning"], Resource: [`arn:aws:s3:::${bucket}`] },
    { Effect: "Allow", Action: ["s3:GetObject"], Resource: on("home/*") },
    {
      Effect: "Allow",
      Action: ["s3:PutObject"],
      Resource: on("home/data/*", "home/index/*", "home/snapshots/*", "home/locks/*"),
    },
    { Effect: "Allow", Action: ["s3:DeleteObject"], Resource: on(removes) },
  ];
  if (local.provider === "ceph") return allowed;
  return [...allowed, { Effect: "Deny", Action: ["s3:DeleteObjectVersion"], Resource: on("*") }];
}

function gotOf(checks: readonly Check[]): Readonly<Record<string, string>> {
  return Object.fromEntries(checks.map(({ attempt, got }) => [attempt, got]));
}
