import { DeleteObjectCommand, DeleteObjectsCommand, type S3Client } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { Failure } from "../../base/failure.ts";
import type { ObjectKey } from "../../base/object-key.ts";
import { isNullVersion, versionId, type VersionId } from "../../base/version-id.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";
import type { BatchOutcome } from "../../store/versioned-store.ts";
import { codeOf, statusOf } from "./s3-failure.ts";

/** What to delete: a key (a marker is put on it), or one version of it. */
interface Deletion {
  readonly key: ObjectKey;
  readonly versionId: VersionId | null;
}

interface DeleteTarget {
  readonly client: S3Client;
  readonly bucket: string;
  readonly profile: ProviderProfile;
}

/** S3's own limit; a profile may say less. */
const mostEntries = 1000;
const singlesAtOnce = 8;

/**
 * Deletes in batches as large as the profile says, and tells each entry's fate, in no given order: a store answers 200 for the whole and
 * refuses single entries inside. An entry that the reply does not mention counts as failed, one that is gone already as
 * done. Where it is not known that a store has batches, one that answers NotImplemented gets single deletes, as do keys
 * that no XML can hold. An id of `null` is refused before anything is sent. Throws what the SDK throws.
 */
export async function deleteAll(
  target: DeleteTarget,
  deletions: readonly Deletion[],
): Promise<readonly BatchOutcome[]> {
  const bare = deletions.find(({ versionId: id }) => id !== null && isNullVersion(id));
  if (bare !== undefined) throw nullRefused(bare.key);
  const limit = target.profile.batchDeleteLimit.value;
  const size = Math.min(limit ?? mostEntries, mostEntries);
  const [together, alone] = size === 1 ? [[], deletions] : byWay(deletions);
  const outcomes: BatchOutcome[] = [];
  for (let from = 0; from < together.length; from += size) {
    outcomes.push(...(await batchOrSingly(target, together.slice(from, from + size))));
  }
  return [...outcomes, ...(await singly(target, alone))];
}

/** What no XML 1.0 can hold, escaped or not: an intruder can put such a key, and one of them spoils a whole batch. */
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

function byWay(deletions: readonly Deletion[]): readonly [together: readonly Deletion[], alone: readonly Deletion[]] {
  return [deletions.filter(({ key }) => !unwritable.test(key)), deletions.filter(({ key }) => unwritable.test(key))];
}

async function batchOrSingly(target: DeleteTarget, part: readonly Deletion[]): Promise<readonly BatchOutcome[]> {
  try {
    return await batch(target, part);
  } catch (error) {
    const isMissing = codeOf(error) === "NotImplemented" || statusOf(error) === 501;
    if (isMissing && target.profile.batchDeleteLimit.value === null) return await singly(target, part);
    throw error;
  }
}

async function batch(
  { client, bucket, profile }: DeleteTarget,
  part: readonly Deletion[],
): Promise<readonly BatchOutcome[]> {
  const command = new DeleteObjectsCommand({
    Bucket: bucket,
    Delete: {
      Objects: part.map(({ key, versionId: id }) => ({ Key: key, ...(id === null ? {} : { VersionId: id }) })),
    },
    ...(profile.batchDeleteChecksum.value === "crc32" ? { ChecksumAlgorithm: "CRC32" as const } : {}),
  });
  if (profile.batchDeleteChecksum.value !== "crc32") useContentMd5(command);
  const { Deleted: deleted = [], Errors: errors = [] } = await client.send(command);
  const failed = new Map(errors.map((each) => [entryName(each.Key, each.VersionId), each]));
  const done = new Map(deleted.map((each) => [entryName(each.Key, each.VersionId), each]));
  return part.map((deletion) => {
    const name = entryName(deletion.key, deletion.versionId ?? undefined);
    // MinIO and Ceph name the version in an error only where one was asked for; AWS always.
    const error = failed.get(name) ?? (deletion.versionId === null ? errorOfKey(errors, deletion.key) : undefined);
    const made =
      done.get(name) ?? (deletion.versionId === null ? done.get(entryName(deletion.key, undefined)) : undefined);
    if (error !== undefined && !isGone(error.Code))
      return outcome(deletion, { code: error.Code ?? "Unknown", message: error.Message ?? "" });
    if (made === undefined && error === undefined)
      return outcome(deletion, { code: "NotMentioned", message: "the reply does not mention it" });
    return { ...outcome(deletion, null), versionId: deletion.versionId ?? markerId(made?.DeleteMarkerVersionId) };
  });
}

function errorOfKey<T extends { Key?: string | undefined }>(errors: readonly T[], key: ObjectKey): T | undefined {
  return errors.find((error) => error.Key === key);
}

function entryName(key: string | undefined, id: string | undefined): string {
  return JSON.stringify([key ?? "", id === "" ? null : (id ?? null)]);
}

/**
 * DeleteObjects must carry an integrity header. CRC32 is the SDK's own, and some stores refuse its headers (B2); a store
 * that is not known to take it gets the MD5 that the protocol began with in its place, before the request is signed.
 */
function useContentMd5(command: DeleteObjectsCommand): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args as { request: { body?: unknown; headers: Record<string, string> } };
      if (typeof request.body === "string" || request.body instanceof Uint8Array) {
        const kept = Object.entries(request.headers).filter(([name]) => !/^x-amz-(?:sdk-)?checksum-/i.test(name));
        const md5 = createHash("md5").update(request.body).digest("base64");
        request.headers = Object.fromEntries([...kept, ["content-md5", md5]]);
      }
      return await next(args);
    },
    { step: "build", name: "contentMd5", priority: "low" },
  );
}

async function singly(target: DeleteTarget, part: readonly Deletion[]): Promise<readonly BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  for (let from = 0; from < part.length; from += singlesAtOnce) {
    const few = part.slice(from, from + singlesAtOnce);
    outcomes.push(...(await Promise.all(few.map((deletion) => single(target, deletion)))));
  }
  return outcomes;
}

async function single({ client, bucket }: DeleteTarget, deletion: Deletion): Promise<BatchOutcome> {
  const { key, versionId: id } = deletion;
  try {
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key, ...(id === null ? {} : { VersionId: id }) });
    const { VersionId: made } = await client.send(command);
    return { ...outcome(deletion, null), versionId: id ?? markerId(made) };
  } catch (error) {
    const code = codeOf(error);
    if (isGone(code)) return outcome(deletion, null);
    if (!refusals.has(code)) throw error;
    return outcome(deletion, { code, message: error instanceof Error ? error.message : "" });
  }
}

/** What a store says of one entry; every other code speaks of the whole request: a signature, a clock, a bucket. */
const refusals: ReadonlySet<string> = new Set(["AccessDenied", "Forbidden", "InvalidRequest", "InvalidObjectState"]);

function isGone(code: string | undefined): boolean {
  return code === "NoSuchKey" || code === "NoSuchVersion";
}

function outcome(deletion: Deletion, error: BatchOutcome["error"]): BatchOutcome {
  return { key: deletion.key, versionId: deletion.versionId, error };
}

function markerId(text: string | undefined): VersionId | null {
  return text === undefined || text === "" ? null : versionId(text);
}

function nullRefused(key: ObjectKey): Failure {
  return new Failure({
    kind: "refused",
    action: "delete a version of",
    subject: key,
    problem: "its version id is null: it was written while versioning was not Enabled",
    hint: "turn versioning on and leave this version where it is",
  });
}
