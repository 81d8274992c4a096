import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Failure } from "../../base/failure.ts";
import type { ObjectKey } from "../../base/object-key.ts";
import { isNullVersion, versionId, type VersionId } from "../../base/version-id.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";
import type { BatchOutcome } from "../../store/versioned-store.ts";
import { codeOf, statusOf } from "./s3-failure.ts";
import type { S3Transport } from "./s3-transport.ts";
import { DamagedXml, escapeXml, readXml, type XmlRow } from "./xml-elements.ts";

/** What to delete: a key (a marker is put on it), or one version of it. */
interface Deletion {
  readonly key: ObjectKey;
  readonly versionId: VersionId | null;
}

interface DeleteTarget {
  readonly transport: S3Transport;
  readonly profile: ProviderProfile;
}

/** S3's own limit; a profile may say less. */
const mostEntries = 1000;
const singlesAtOnce = 8;

/**
 * Deletes in batches as large as the profile says, and tells each entry's fate, in no given order: a store answers 200
 * for the whole and refuses single entries inside. An entry that the reply does not mention counts as failed, one that is
 * gone already as done. Where it is not known that a store has batches, one that answers NotImplemented gets single
 * deletes, as do keys that no XML can hold. An id of `null` is refused before anything is sent. Throws what `failureOfS3`
 * understands.
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
  { transport, profile }: DeleteTarget,
  part: readonly Deletion[],
): Promise<readonly BatchOutcome[]> {
  const body = Buffer.from(batchXml(part));
  const reply = await transport.write({
    operation: "DeleteObjects",
    method: "POST",
    key: null,
    query: { delete: "" },
    headers: { "content-type": "application/xml", ...integrityOf(body, profile) },
    body,
  });
  return outcomesOf(part, reply.body.toString());
}

function batchXml(part: readonly Deletion[]): string {
  const objects = part.map(({ key, versionId: id }) => {
    const version = id === null ? "" : `<VersionId>${escapeXml(id)}</VersionId>`;
    return `<Object><Key>${escapeXml(key)}</Key>${version}</Object>`;
  });
  return `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects.join("")}</Delete>`;
}

/**
 * DeleteObjects must carry an integrity header. CRC32 is what AWS asks for now, and some stores refuse its headers (B2); a
 * store that is not known to take it gets the MD5 that the protocol began with.
 */
function integrityOf(body: Buffer, { batchDeleteChecksum }: ProviderProfile): Readonly<Record<string, string>> {
  if (batchDeleteChecksum.value !== "crc32") return { "content-md5": createHash("md5").update(body).digest("base64") };
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return { "x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-crc32": sum.toString("base64") };
}

const shape = { root: "DeleteResult", rows: new Set(["Deleted", "Error"]) };

/** A reply that cannot be read, or is another document, mentions nothing: what it was to tell may have been done. */
function outcomesOf(part: readonly Deletion[], text: string): readonly BatchOutcome[] {
  try {
    return part.map(outcomeIn(readXml(text, shape).rows));
  } catch (error) {
    if (!(error instanceof DamagedXml)) throw error;
    const message = `the reply cannot be read: ${error.message}`;
    return part.map((deletion) => outcome(deletion, { code: "NotMentioned", message }));
  }
}

function outcomeIn(rows: readonly XmlRow[]): (deletion: Deletion) => BatchOutcome {
  const named = (kind: string) => new Map(rows.filter(({ name }) => name === kind).map((row) => [entryName(row), row]));
  const [failed, done] = [named("Error"), named("Deleted")];
  const errors = new Map([...failed.values()].map((row) => [row.fields.get("Key"), row]));
  return (deletion) => {
    const { key, versionId: id } = deletion;
    const name = JSON.stringify([key, id]);
    // MinIO and Ceph name the version in an error only where one was asked for; AWS always.
    const error = (failed.get(name) ?? (id === null ? errors.get(key) : undefined))?.fields;
    const made = done.get(name)?.fields;
    if (error !== undefined && !isGone(error.get("Code"))) {
      return outcome(deletion, { code: error.get("Code") ?? "Unknown", message: error.get("Message") ?? "" });
    }
    if (made === undefined && error === undefined) {
      return outcome(deletion, { code: "NotMentioned", message: "the reply does not mention it" });
    }
    return { ...outcome(deletion, null), versionId: id ?? markerId(made?.get("DeleteMarkerVersionId")) };
  };
}

function entryName({ fields }: XmlRow): string {
  const id = fields.get("VersionId");
  return JSON.stringify([fields.get("Key") ?? "", id === undefined || id === "" ? null : id]);
}

async function singly(target: DeleteTarget, part: readonly Deletion[]): Promise<readonly BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  for (let from = 0; from < part.length; from += singlesAtOnce) {
    const few = part.slice(from, from + singlesAtOnce);
    outcomes.push(...(await Promise.all(few.map((deletion) => single(target, deletion)))));
  }
  return outcomes;
}

async function single({ transport }: DeleteTarget, deletion: Deletion): Promise<BatchOutcome> {
  const { key, versionId: id } = deletion;
  try {
    const query = id === null ? {} : { query: { versionId: id } };
    const { headers } = await transport.write({ operation: "DeleteObject", method: "DELETE", key, ...query });
    return { ...outcome(deletion, null), versionId: id ?? markerId(headers["x-amz-version-id"]) };
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
