import { parseDocument } from "yaml";
import * as z from "zod";
import { Failure } from "../base/failure.ts";
import { versionIdTimes } from "../base/version-id-time.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";

const evidence = z.enum(["documented", "source", "tried", "unknown"]);

/** One fact: `{ value, evidence, note }`. What is not known has no value, and what has no value is not known. */
function fact<Value extends string | number | boolean>(value: z.ZodType<Value>) {
  return z
    .strictObject({ value: z.union([value, z.null()]), evidence, note: z.string().min(1).optional() })
    .refine((each) => (each.value === null) === (each.evidence === "unknown"), {
      error: () => "has a value of null where, and only where, its evidence is unknown",
    });
}

const profileSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+$/),
  title: z.string().min(1),
  versioning: fact(z.enum(["on-request", "always", "none"])),
  markers: fact(z.enum(["stacked", "single"])),
  "batch-delete-limit": fact(z.int().min(1).max(1000)),
  "batch-delete-checksum": fact(z.enum(["crc32", "md5"])),
  checksums: fact(z.enum(["supported", "refused"])),
  addressing: fact(z.enum(["path", "dns"])),
  "list-order": fact(z.enum(["interleaved", "split"])),
  "date-resolution": fact(z.enum(["second", "millisecond"])),
  "version-id-time": fact(z.enum(versionIdTimes)),
  "history-forgeable": fact(z.boolean()),
  "recorded-sha256": fact(z.boolean()),
  "upload-listing": fact(z.enum(["complete", "forgetful", "none"])),
  "upload-date": fact(z.enum(["completion", "initiation"])),
  "url-encoding": fact(z.boolean()),
  "copy-limit": fact(z.int().min(0)),
  lifecycle: fact(z.enum(["noncurrent-days", "none"])),
  "object-lock": fact(z.enum(["retention", "none"])),
  "policy-vocabulary": fact(z.enum(["iam", "bucket-policy", "minio", "capabilities", "allow-list", "none"])),
});

/** Reads profiles/NAME.yaml. Fails with `defect`, naming each field at fault: the files ship with Holdfast. */
export function parseProfile(text: string, fileName: string): ProviderProfile {
  const document = parseDocument(text, { prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) throw faulty(fileName, broken.message);
  const parsed = profileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    throw faulty(fileName, parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "));
  }
  const facts = parsed.data;
  return {
    name: facts.name,
    title: facts.title,
    versioning: facts.versioning,
    markers: facts.markers,
    batchDeleteLimit: facts["batch-delete-limit"],
    batchDeleteChecksum: facts["batch-delete-checksum"],
    checksums: facts.checksums,
    addressing: facts.addressing,
    listOrder: facts["list-order"],
    dateResolution: facts["date-resolution"],
    versionIdTime: facts["version-id-time"],
    historyForgeable: facts["history-forgeable"],
    recordedSha256: facts["recorded-sha256"],
    uploadListing: facts["upload-listing"],
    uploadDate: facts["upload-date"],
    urlEncoding: facts["url-encoding"],
    copyLimit: facts["copy-limit"],
    lifecycle: facts.lifecycle,
    objectLock: facts["object-lock"],
    policyVocabulary: facts["policy-vocabulary"],
  };
}

function faulty(fileName: string, problem: string): Failure {
  return new Failure({
    kind: "defect",
    action: "read the profile",
    subject: fileName,
    problem,
    hint: "install Holdfast again",
  });
}
