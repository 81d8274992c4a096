import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Clock } from "../../base/clock.ts";
import type { Credentials } from "../../base/credentials.ts";
import type { ObjectKey } from "../../base/object-key.ts";
import { encodeKey, encodeText, type BucketAddress } from "./bucket-address.ts";

/** A request for a bucket or for an object in it. */
export interface S3Request {
  /** As S3 names it, for the log. */
  readonly operation: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Null for the bucket itself. */
  readonly key: ObjectKey | null;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** What goes over the wire. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

interface SignerOptions {
  readonly address: BucketAddress;
  readonly credentials: Credentials;
  readonly clock: Clock;
}

/** Signs by our own time of day, by Signature Version 4. The secret is revealed to the signer alone, as it signs. */
export function openSigner({
  address,
  credentials,
  clock,
}: SignerOptions): (request: S3Request) => Promise<SignedRequest> {
  const signer = new SignatureV4({
    service: "s3",
    region: address.region,
    sha256: Sha256,
    // S3 takes the path as it is sent, escaped once.
    uriEscapePath: false,
    applyChecksum: true,
    credentials: () =>
      Promise.resolve({
        accessKeyId: credentials.accessKey,
        secretAccessKey: credentials.secretKey.reveal(),
        ...(credentials.sessionToken === null ? {} : { sessionToken: credentials.sessionToken.reveal() }),
      }),
  });
  return async ({ method, key, query = {}, headers = {}, body = null }) => {
    const path = `${address.path}${key === null ? "" : encodeKey(key)}`;
    const sent = {
      host: address.host,
      "user-agent": "holdfast",
      // Ceph answers 411 to a write that does not say that it has no body.
      ...(method === "GET" ? {} : { "content-length": (body?.length ?? 0).toString() }),
      ...headers,
    };
    const { hostname, protocol } = address;
    const signed = await signer.sign(
      { method, protocol, hostname, path, query: { ...query }, headers: sent, ...(body === null ? {} : { body }) },
      { signingDate: new Date(clock.now()) },
    );
    const search = Object.entries(query).map(([name, value]) => `${encodeText(name)}=${encodeText(value)}`);
    return {
      method,
      path: search.length === 0 ? path : `${path}?${search.join("&")}`,
      headers: signed.headers,
      body,
    };
  };
}

/** SHA-256, keyed or not, in the form the signer asks for. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new RangeError("a hash is used once");
  }
}

function bytesOf(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === "string") return secret;
  if (secret instanceof ArrayBuffer) return new Uint8Array(secret);
  return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
}
