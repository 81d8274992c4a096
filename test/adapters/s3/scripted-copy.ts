import { createHash } from "node:crypto";
import { openS3Clients, type S3Access } from "../../../src/adapters/s3/s3-client.ts";
import type { CopyRequest } from "../../../src/adapters/s3/copy-request.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { ObjectVersion } from "../../../src/store/object-version.ts";
import { ScriptedClock } from "../../doubles/scripted-clock.ts";
import { locationAt } from "../../stores/real-stores.ts";
import { startScriptedS3, type Script, type WireReply, type WireRequest } from "../../stores/scripted-s3.ts";
import { profileWith, secretKey, type Facts } from "./scripted-store.ts";

/** What a request of a copy is for. */
export type Step =
  | "head source"
  | "read tags"
  | "read"
  | "begin"
  | "copy part"
  | "send part"
  | "complete"
  | "abort"
  | "put"
  | "head copy"
  | "put tags";

const theirs = "v/1+";

function stepOf({ method, query, headers }: WireRequest): Step {
  const isSource = query.get("versionId") === theirs;
  if (query.has("tagging")) return method === "GET" ? "read tags" : "put tags";
  if (method === "HEAD") return isSource ? "head source" : "head copy";
  if (method === "GET") return "read";
  if (method === "DELETE") return "abort";
  if (method === "POST") return query.has("uploads") ? "begin" : "complete";
  if (!query.has("partNumber")) return "put";
  return headers["x-amz-copy-source"] === undefined ? "send part" : "copy part";
}

/** A source of `bytes`, and a store that copies it as it should, but for the steps that a test answers. */
export function copyScript(
  bytes: string,
  answers: Partial<Record<Step, (request: WireRequest, n: number) => WireReply | null>> = {},
): Script {
  const counts = new Map<Step, number>();
  return (request) => {
    const step = stepOf(request);
    const n = counts.get(step) ?? 0;
    counts.set(step, n + 1);
    return answers[step]?.(request, n) ?? usual(step, request, bytes);
  };
}

function usual(step: Step, { query, headers, body }: WireRequest, bytes: string): WireReply {
  switch (step) {
    case "head source":
    case "head copy":
      return { headers: { "content-length": bytes.length.toString(), "content-type": "a/b", "x-amz-meta-a": "1" } };
    case "read tags":
      return { body: "<Tagging><TagSet></TagSet></Tagging>" };
    case "read":
      return { headers: { "content-type": "a/b" }, body: ranged(bytes, headers.range) };
    case "begin":
      return { body: "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>" };
    case "copy part":
      return { body: `<CopyPartResult><ETag>"e${query.get("partNumber") ?? ""}"</ETag></CopyPartResult>` };
    case "send part":
      return { headers: { etag: `"e${query.get("partNumber") ?? ""}"` } };
    case "complete":
      return {
        headers: { "x-amz-version-id": "v2" },
        body: "<CompleteMultipartUploadResult><Key>a</Key><ETag></ETag></CompleteMultipartUploadResult>",
      };
    case "put":
      return { headers: { etag: `"${createHash("md5").update(body).digest("hex")}"`, "x-amz-version-id": "v2" } };
    case "abort":
      return { status: 204 };
    case "put tags":
      return {};
  }
}

function ranged(bytes: string, range: string | undefined): string {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  return from === undefined ? bytes : bytes.slice(Number(from), Number(to) + 1);
}

interface ScriptedCopy {
  readonly access: S3Access;
  readonly request: CopyRequest;
  readonly requests: readonly WireRequest[];
  readonly clock: ScriptedClock;
  /** What was asked for, in order. */
  readonly steps: () => readonly Step[];
}

/** Reaches a scripted store to copy `version`; its clock passes by sleeping alone. */
export async function scriptedCopy(script: Script, version: ObjectVersion, facts: Facts = {}): Promise<ScriptedCopy> {
  const { endpoint, requests } = await startScriptedS3(script);
  const clock = new ScriptedClock();
  const access: S3Access = {
    location: locationAt(endpoint, "backups/home"),
    region: null,
    bucketLookup: "auto",
    caFile: null,
    profile: profileWith(facts),
    credentials: {
      role: "rescuer",
      accessKey: "AKIAHOLDFASTTEST0001",
      secretKey: new Secret(secretKey),
      sessionToken: null,
    },
    clock,
  };
  const request = { client: openS3Clients(access).writing, version };
  return { access, request, requests, clock, steps: () => requests.map(stepOf) };
}
