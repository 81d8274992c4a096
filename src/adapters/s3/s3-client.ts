import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP } from "node:net";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { Clock } from "../../base/clock.ts";
import type { Credentials } from "../../base/credentials.ts";
import { Failure } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import type { RepositoryLocation } from "../../base/repository-location.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";

/** All that is needed to reach one bucket with one key. */
export interface S3Access {
  readonly location: RepositoryLocation;
  readonly region: string | null;
  readonly bucketLookup: "auto" | "dns" | "path";
  readonly caFile: string | null;
  readonly profile: ProviderProfile;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** Told each request. */
  readonly log?: Log | null;
}

/** How often a request that only reads is sent, all told; the waits between double from about 0.1 s. */
const readAttempts = 4;
const connections = 32;

export interface S3Clients {
  /** Repeats what failed in passing. */
  readonly reading: S3Client;
  /** Sends once: whether a write may be sent again is for `retrying` to decide, which knows what it would do. */
  readonly writing: S3Client;
}

/** Fails with `config` when the CA file cannot be read. */
export function openS3Clients(access: S3Access): S3Clients {
  const agentOptions = { keepAlive: true, maxSockets: connections };
  const options: S3ClientConfig = {
    endpoint: access.location.endpoint,
    region: access.region ?? regionOf(access.location.endpoint),
    forcePathStyle: pathStyle(access),
    credentials: {
      accessKeyId: access.credentials.accessKey,
      secretAccessKey: access.credentials.secretKey.reveal(),
      ...(access.credentials.sessionToken === null ? {} : { sessionToken: access.credentials.sessionToken.reveal() }),
    },
    // Ceph answers 411 to a stream with the checksum trailers that the SDK sends by itself; MD5 or length do for others.
    requestChecksumCalculation: access.profile.checksums.value === "supported" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // The SDK would notice a store whose date is another and correct itself silently; a skew that breaks restic, and
    // every T counted from now, would never be told.
    disableClockSkewCorrection: true,
    ...(access.log === undefined || access.log === null ? {} : { logger: requestLogger(access.log) }),
    requestHandler: {
      connectionTimeout: 10_000,
      socketTimeout: 60_000,
      httpAgent: new HttpAgent(agentOptions),
      // Said, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn the check off without a word.
      httpsAgent: new HttpsAgent({ ...agentOptions, ...trust(access), rejectUnauthorized: true }),
    },
  };
  return {
    reading: new S3Client({ ...options, maxAttempts: readAttempts }),
    writing: new S3Client({ ...options, maxAttempts: 1 }),
  };
}

/** Trusts whom restic trusts: the system's authorities and those of the CA file; beside them Node's own. */
function trust({ location, caFile }: S3Access): { readonly secureContext?: SecureContext } {
  if (!location.endpoint.startsWith("https:")) return {};
  const ca = [...getCACertificates("default"), ...getCACertificates("system"), ...authorities(caFile)];
  return { secureContext: createSecureContext({ ca }) };
}

function authorities(caFile: string | null): readonly string[] {
  if (caFile === null) return [];
  try {
    const text = readFileSync(caFile, "utf8");
    // TLS skips text that is no certificate without a word, and the connection then fails for a reason that misleads.
    new X509Certificate(text);
    return [text];
  } catch (error) {
    throw new Failure({
      kind: "config",
      action: "read the certificate authority",
      subject: caFile,
      problem: error instanceof Error ? error.message : String(error),
      hint: "name a PEM file that is there in ca-file",
      cause: error,
    });
  }
}

/** `auto`: as the profile says, else as restic does, which uses bucket.host for AWS alone. */
function pathStyle({ bucketLookup, profile, location }: S3Access): boolean {
  if (bucketLookup !== "auto") return bucketLookup === "path";
  const { hostname } = new URL(location.endpoint);
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0 || hostname === "localhost") return true;
  return profile.addressing.value === null ? !hostname.endsWith(".amazonaws.com") : profile.addressing.value === "path";
}

/** `s3.eu-west-1.amazonaws.com`, `s3.us-west-004.backblazeb2.com`; everything else is us-east-1, as in restic. */
function regionOf(endpoint: string): string {
  return /^s3[.-]([a-z0-9-]+)\.[a-z0-9-]+\.[a-z]+$/.exec(new URL(endpoint).hostname)?.[1] ?? "us-east-1";
}

interface RequestRecord {
  readonly commandName?: string;
  readonly input?: { readonly Key?: string; readonly Prefix?: string };
  readonly metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  readonly error?: { readonly name?: string };
}

/** Of what the SDK tells its logger only the command, the key, the status and the tries; bodies and headers stay out. */
function requestLogger(log: Log): NonNullable<S3ClientConfig["logger"]> {
  const tell = (record: RequestRecord): void => {
    if (typeof record.commandName !== "string") return;
    const { commandName, input, metadata, error } = record;
    const { httpStatusCode: status, attempts } = metadata ?? {};
    log.debug("store", { commandName, key: input?.Key ?? input?.Prefix, status, attempts, error: error?.name });
  };
  return { trace: () => undefined, debug: () => undefined, info: tell, warn: () => undefined, error: tell };
}
