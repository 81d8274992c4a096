import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { displayLocation } from "../../base/repository-location.ts";
import type { BucketSettings, Setting } from "../../store/bucket-settings.ts";
import { isDenied, isUnsupported } from "./answer-kind.ts";
import { lifecycleRules } from "./lifecycle-rules.ts";
import { takeBodyText } from "./body-text.ts";
import type { S3Access } from "./s3-client.ts";
import { codeOf, failureOfS3, statusOf } from "./s3-failure.ts";
import { DamagedXml } from "./xml-elements.ts";
import { childrenAt, readXmlTree, textAt, type XmlNode } from "./xml-tree.ts";

/** Asks for one setting and gives the body of the reply. Throws what the SDK throws. */
type Ask = () => Promise<string>;
type ValueOf<T> = (root: XmlNode, text: string) => T | null;

/**
 * All that a bucket is set to, each by a request of its own, texts as they came over the wire. What this key may not
 * read, or what is answered in a way that is not understood, is `unreadable`; only what would go wrong for every one of
 * them is thrown: the store cannot be reached, or does not know the key, or the bucket is not there.
 */
export async function readBucketSettings(access: S3Access, client: S3Client): Promise<BucketSettings> {
  const asks = asksFor(access.location.bucket, client);
  const read = async <T>(ask: Ask, root: string, valueOf: ValueOf<T>): Promise<Setting<T>> =>
    await settingOf(access, ask, (text) => xmlSetting(text, root, valueOf));
  const ifAnyRule = (root: XmlNode, text: string): string | null =>
    childrenAt(root, "Rule").length === 0 ? null : text;
  const [lifecycle, policy, objectLock, replication, encryption, versioning] = await Promise.all([
    read(asks.lifecycle, "LifecycleConfiguration", lifecycleOf),
    settingOf(access, asks.policy, (text) => (text === "" ? { kind: "none" } : { kind: "set", value: text })),
    read(asks.objectLock, "ObjectLockConfiguration", objectLockOf),
    read(asks.replication, "ReplicationConfiguration", ifAnyRule),
    read(asks.encryption, "ServerSideEncryptionConfiguration", ifAnyRule),
    read(asks.versioning, "VersioningConfiguration", versioningOf),
  ]);
  return { lifecycle, policy, objectLock, replication, encryption, versioning };
}

function asksFor(Bucket: string, client: S3Client): Readonly<Record<keyof BucketSettings, Ask>> {
  return {
    lifecycle: async () => {
      const command = new GetBucketLifecycleConfigurationCommand({ Bucket });
      return await takeBodyText(command, () => client.send(command));
    },
    policy: async () => {
      const command = new GetBucketPolicyCommand({ Bucket });
      return await takeBodyText(command, () => client.send(command));
    },
    objectLock: async () => {
      const command = new GetObjectLockConfigurationCommand({ Bucket });
      return await takeBodyText(command, () => client.send(command));
    },
    replication: async () => {
      const command = new GetBucketReplicationCommand({ Bucket });
      return await takeBodyText(command, () => client.send(command));
    },
    encryption: async () => {
      const command = new GetBucketEncryptionCommand({ Bucket });
      return await takeBodyText(command, () => client.send(command));
    },
    versioning: async () => {
      const command = new GetBucketVersioningCommand({ Bucket });
      return await takeBodyText(command, () => client.send(command));
    },
  };
}

async function settingOf<T>(access: S3Access, ask: Ask, read: (text: string) => Setting<T>): Promise<Setting<T>> {
  try {
    return read(await ask());
  } catch (error) {
    if (error instanceof DamagedXml) return { kind: "unreadable", problem: `the answer is damaged: ${error.message}` };
    if (isUnset(error)) return { kind: "none" };
    if (isUnsupported(error)) return { kind: "unsupported" };
    const { location, credentials } = access;
    const subject = displayLocation(location);
    const failure = failureOfS3(error, { action: "read the settings of", subject, location, credentials });
    if (!isDenied(error) && failure.kind !== "store-misbehaves") throw failure;
    return { kind: "unreadable", problem: failure.problem };
  }
}

/** NoSuchBucketPolicy, ObjectLockConfigurationNotFoundError and their like: each setting has its own. */
function isUnset(error: unknown): boolean {
  const code = codeOf(error);
  return statusOf(error) === 404 && code !== "NoSuchBucket" && /^NoSuch|NotFound(?:Error)?$/.test(code);
}

/** Ceph 16 answers `?encryption`, which it does not know, with a listing of the bucket. */
function xmlSetting<T>(text: string, rootName: string, valueOf: ValueOf<T>): Setting<T> {
  const root = readXmlTree(text);
  if (root.name === "ListBucketResult") return { kind: "unsupported" };
  if (root.name !== rootName) throw new DamagedXml(`it is a ${root.name}, not a ${rootName}`);
  const value = valueOf(root, text);
  return value === null ? { kind: "none" } : { kind: "set", value };
}

type Known<Name extends keyof BucketSettings> = Extract<BucketSettings[Name], { readonly kind: "set" }>["value"];

function lifecycleOf(root: XmlNode, text: string): Known<"lifecycle"> | null {
  const rules = lifecycleRules(root);
  return rules.length === 0 ? null : { text, rules };
}

function objectLockOf(root: XmlNode, text: string): Known<"objectLock"> | null {
  if (textAt(root, "ObjectLockEnabled") !== "Enabled") return null;
  const retention = (field: string): string | null => textAt(root, "Rule", "DefaultRetention", field);
  const [days, years] = [wholeNumber(retention("Days")), wholeNumber(retention("Years"))];
  return { text, mode: retention("Mode"), days: days ?? (years === null ? null : years * 365) };
}

function wholeNumber(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d+$/.test(text)) throw new DamagedXml(`it has the number "${text}"`);
  return Number(text);
}

/** A bucket whose versioning was never turned on has the element without a Status. */
function versioningOf(root: XmlNode, text: string): Known<"versioning"> | null {
  if (textAt(root, "Status") === null) return null;
  return { text, excludedPrefixes: childrenAt(root, "ExcludedPrefixes", "Prefix").map((prefix) => prefix.text) };
}
