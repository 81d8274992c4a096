import { objectKey, type ObjectKey } from "../../base/object-key.ts";
import { displayLocation } from "../../base/repository-location.ts";
import type { TrialDoor, TrialReply, TrialRequest, TrialTarget } from "../../store/trial-door.ts";
import { openConnection, type S3Access } from "./s3-client.ts";
import { failureOfS3 } from "./s3-failure.ts";
import { S3ReplyError } from "./s3-reply-error.ts";
import { openTransport } from "./s3-transport.ts";
import type { S3Request } from "./signed-request.ts";

/** Opens no connection until a request is sent. Fails with `config` when the CA file cannot be read. */
export function openTrialDoor(access: S3Access): TrialDoor {
  const connection = openConnection(access);
  const { location, credentials } = access;
  const { host, hostname } = new URL(location.endpoint);
  const service = { ...connection, address: { ...connection.address, host, hostname, path: "/" } };
  const [toBucket, toService] = [openTransport(access, connection), openTransport(access, service)];
  return {
    send: async (request) => {
      const sent = s3RequestOf(request);
      try {
        const transport = request.target.kind === "service" ? toService : toBucket;
        const { status, headers, body } = await transport.write(sent);
        return { status, code: "", headers, body: body.toString("utf8") };
      } catch (error) {
        if (error instanceof S3ReplyError && !saysNothingOfRights.has(error.Code)) return replyOf(error);
        const { operation, target } = request;
        const subject = target.kind === "object" ? target.key : displayLocation(location);
        throw failureOfS3(error, { action: `try ${operation} on`, subject, location, credentials });
      }
    },
  };
}

function s3RequestOf({ target, body, ...request }: TrialRequest): S3Request {
  return {
    ...request,
    key: keyOf(target),
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  };
}

/** Of the bucket null; throws a RangeError on an empty key or path, which would be the bucket's. */
function keyOf(target: TrialTarget): ObjectKey | null {
  switch (target.kind) {
    case "bucket":
      return null;
    case "object":
      return objectKey(target.key);
    case "service":
      return objectKey(target.path);
  }
}

/** Answers for the sake of the key itself, of the time of day or of the bucket's name. */
const saysNothingOfRights: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "TokenRefreshRequired",
  "InvalidToken",
  "InvalidTokenId",
  "InvalidClientTokenId",
  "InvalidAccessKeyId",
  "InvalidAccessKey",
  "NoSuchUser",
  "UserSuspended",
  "SignatureDoesNotMatch",
  "RequestTimeTooSkewed",
  "RequestInTheFuture",
  "RequestExpired",
  "NoSuchBucket",
]);

/** An error under status 200 stands for a failure of the store's own. */
function replyOf(error: S3ReplyError): TrialReply {
  const { httpStatusCode: status } = error.$metadata;
  return {
    status: status < 300 ? 500 : status,
    code: error.Code,
    headers: error.$response.headers,
    body: error.message,
  };
}
