import type { IncomingMessage } from "node:http";
import { Failure } from "../../base/failure.ts";
import type { ObjectKey } from "../../base/object-key.ts";
import { versionId, type VersionId } from "../../base/version-id.ts";
import type { ObjectContent } from "../../store/versioned-store.ts";
import { isAbsentObject } from "./answer-kind.ts";
import { wholeContent } from "./object-body.ts";
import type { S3Transport } from "./s3-transport.ts";

interface ReadRequest {
  readonly key: ObjectKey;
  /** Null for what is current. */
  readonly versionId: VersionId | null;
  /** What `failureOfS3` makes of an error while the bytes come, which is after `readObject` has ended. */
  readonly failure: (error: unknown) => Failure;
}

/** As `read` of the port. Throws what `failureOfS3` understands. */
export async function readObject(transport: S3Transport, request: ReadRequest): Promise<ObjectContent | null> {
  const { key, versionId: id, failure } = request;
  const query = id === null ? {} : { versionId: id };
  const first = await openIfThere(transport, key, query);
  if (first === null) return null;
  const { made, etag, size, body } = first;
  const same = made === null ? { headers: { "if-match": etag }, query } : { query: { versionId: id ?? made } };
  const bytes = wholeContent(body, {
    size,
    readFrom: async (offset) => {
      const headers = { ...same.headers, range: `bytes=${offset}-` };
      const rest = await open(transport, key, { query: same.query, headers }).catch((error: unknown) => {
        throw failure(error);
      });
      if (rest.size === size - offset) return rest.body;
      rest.body.destroy();
      throw misbehaves(key, `it was asked for bytes ${offset} to ${size} and sends ${rest.size}`);
    },
    cutOff: (read) => misbehaves(key, `only ${read} of its ${size} bytes come, every time`),
  });
  return { size, versionId: made, bytes };
}

interface Parameters {
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface OpenObject {
  readonly body: IncomingMessage;
  readonly size: number;
  readonly made: VersionId | null;
  readonly etag: string;
}

async function openIfThere(
  transport: S3Transport,
  key: ObjectKey,
  query: Parameters["query"],
): Promise<OpenObject | null> {
  try {
    return await open(transport, key, { query });
  } catch (error) {
    if (isAbsentObject(error)) return null;
    throw error;
  }
}

async function open(transport: S3Transport, key: ObjectKey, parameters: Parameters): Promise<OpenObject> {
  const { headers, body } = await transport.open({ operation: "GetObject", method: "GET", key, ...parameters });
  const length = headers["content-length"];
  if (length === undefined || !/^\d+$/.test(length)) {
    body.destroy();
    throw misbehaves(key, "the reply has no body of a known length");
  }
  const made = headers["x-amz-version-id"] ?? "";
  return { body, size: Number(length), made: made === "" ? null : versionId(made), etag: headers["etag"] ?? "" };
}

function misbehaves(key: ObjectKey, problem: string): Failure {
  return new Failure({
    kind: "store-misbehaves",
    action: "read",
    subject: key,
    problem,
    hint: "run it again; if it stays so report it with the store's name and release",
  });
}
