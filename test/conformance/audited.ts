import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { randomBytes, randomUUID } from "node:crypto";
import type { LocalKey, LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { makeMinioUser } from "../../src/adapters/local-store/minio-users.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { openTrialDoor } from "../../src/adapters/s3/trial-door.ts";
import { openClock } from "../../src/adapters/system-clock.ts";
import { auditKeys, type AuditedKey, type AuditRequest } from "../../src/access/audit.ts";
import type { Check } from "../../src/access/check.ts";
import type { Role } from "../../src/base/role.ts";
import { Secret } from "../../src/base/secret.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { operateBucket } from "../stores/bucket-operator.ts";
import { locationAt, profileOf, s3Access } from "../stores/real-stores.ts";
import { bytes, key } from "./bucket.ts";

/** A statement of a policy, without its principal. */
export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  /** Left out for rights to the store itself. */
  readonly Resource?: readonly string[];
}

/** A bucket with a repository at `home/` and something beside it. */
export interface AuditedBucket {
  readonly local: LocalStore;
  readonly bucket: string;
  readonly owners: PurgingStore;
}

export async function makeAuditedBucket(local: LocalStore, { lockable = false } = {}): Promise<AuditedBucket> {
  const bucket = `audit-${randomUUID()}`;
  const access = s3Access(local, local.owner, bucket);
  await (lockable ? operateBucket(access).createLockableBucket() : administerBucket(access).createBucket());
  const owners = openS3Store(access);
  await owners.enableVersioning();
  await owners.put(key("home/config"), bytes("config"));
  await owners.put(key("beside/thing"), bytes("thing"));
  return { local, bucket, owners };
}

/** A key that may do what the statements say and nothing else, with `as` for its part. */
export async function keyWith(
  { local, bucket }: AuditedBucket,
  as: Role,
  statements: readonly Statement[],
): Promise<AuditedKey> {
  return audited({ local, bucket, role: as, key: await makeKey(local, { bucket, as, statements }) });
}

interface KeyWanted {
  readonly bucket: string;
  readonly as: Role;
  readonly statements: readonly Statement[];
}

async function makeKey(local: LocalStore, { bucket, as, statements }: KeyWanted): Promise<LocalKey> {
  const policy = (more: object): string =>
    JSON.stringify({ Version: "2012-10-17", Statement: statements.map((each) => ({ ...each, ...more })) });
  if (local.provider === "minio") {
    const { endpoint, owner } = local;
    return await makeMinioUser({ endpoint, owner, name: `${as}-${randomUUID()}`, policy: policy({}) });
  }
  const made = await local.makeKey({ role: as, bucket, prefix: "home/" });
  const principal = { Principal: { AWS: [`arn:aws:iam:::user/${as}`] } };
  await administerBucket(s3Access(local, local.owner, bucket)).putPolicy(policy(principal));
  return made;
}

/** An STS session of MinIO's owner that may do what the statements say: nothing denies it anything. */
export async function sessionWith(
  { local, bucket }: AuditedBucket,
  as: Role,
  statements: readonly Statement[],
): Promise<AuditedKey> {
  const { accessKey: accessKeyId, secretKey } = local.owner;
  const credentials = { accessKeyId, secretAccessKey: secretKey.reveal() };
  const client = new STSClient({ endpoint: local.endpoint, region: "us-east-1", credentials });
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const RoleArn = "arn:aws:iam::000000000000:role/holdfast";
  const { Credentials: made } = await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: as, Policy }));
  client.destroy();
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = made ?? {};
  const secrets = { secretKey: new Secret(SecretAccessKey), sessionToken: new Secret(SessionToken) };
  return audited({ local, bucket, role: as, key: { accessKey: AccessKeyId, ...secrets } });
}

/** The key of a role as `holdfast policy` grants it. */
export async function grantedKey({ local, bucket }: AuditedBucket, role: Role): Promise<AuditedKey> {
  return audited({ local, bucket, role, key: await local.makeKey({ role, bucket, prefix: "home/" }) });
}

/** The owner's key in the part of the rescuer: it sees and clears up everything. */
export function ownersKey({ local, bucket }: AuditedBucket): AuditedKey {
  return audited({ local, bucket, role: "rescuer", key: local.owner });
}

interface HeldKey {
  readonly local: LocalStore;
  readonly bucket: string;
  readonly role: Role;
  readonly key: LocalKey;
}

function audited({ local, bucket, role, key: held }: HeldKey): AuditedKey {
  const place = s3Access(local, held, `${bucket}/home`);
  const access = { ...place, credentials: { ...place.credentials, role } };
  return { role, accessKey: held.accessKey, door: openTrialDoor(access), store: openS3Store(access) };
}

/** Audits the first key; the others help. */
export async function audit(
  { local, bucket }: AuditedBucket,
  keys: readonly AuditedKey[],
  more: Partial<AuditRequest> = {},
): Promise<readonly Check[]> {
  return await auditKeys({
    keys,
    roles: keys.slice(0, 1).map(({ role }) => role),
    location: locationAt(local.endpoint, `${bucket}/home`),
    profile: profileOf(local.provider),
    quick: false,
    clock: openClock(),
    random: () => randomBytes(16).toString("hex"),
    signal: new AbortController().signal,
    onAttempt: () => undefined,
    onCheck: () => undefined,
    ...more,
  });
}

/** Names of the attempts that were not as expected: `snowball upload allowed`. */
export function surprises(checks: readonly Check[]): readonly string[] {
  return checks.filter(({ ok }) => !ok).map(({ attempt, got }) => `${attempt} ${got}`);
}

export async function allRows(store: PurgingStore): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions("")) rows.push(...page);
  return rows;
}
