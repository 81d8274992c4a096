import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { Clock } from "../../base/clock.ts";
import type { Credentials } from "../../base/credentials.ts";
import type { Log } from "../../base/log.ts";
import type { RepositoryLocation } from "../../base/repository-location.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";
import { addressOf, isPathStyle, type BucketAddress } from "./bucket-address.ts";
import { ReplyClock } from "./reply-clock.ts";
import { isSlowDown, repeated, type OnRetry, type RepeatOptions } from "./repeated.ts";
import { openRequestGate, type RequestGate } from "./request-gate.ts";
import { loggedRequest } from "./request-log.ts";
import { openAgents, type StoreAgents } from "./store-agents.ts";
import { usualConnections } from "../../store/usual-connections.ts";

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
  /** How many requests may be under way at once, 16 where nothing is said; fewer while the store asks to slow down. */
  readonly connections?: number;
  /** Told each time a request that only reads waits to be sent again. */
  readonly onRetry?: OnRetry;
}

/** What all requests of one store share, whoever sends them. */
export interface S3Connection {
  readonly address: BucketAddress;
  readonly agents: StoreAgents;
  readonly gate: RequestGate;
  readonly repeats: RepeatOptions;
  /** The store's clock, by what it answers. */
  readonly replies: ReplyClock;
}

/** Opens no connection until a request is sent. Fails with `config` when the CA file cannot be read. */
export function openConnection(access: S3Access): S3Connection {
  const { location, caFile, clock, onRetry, connections = usualConnections } = access;
  return {
    address: addressOf(access),
    agents: openAgents({ endpoint: location.endpoint, caFile, kept: connections }),
    gate: openRequestGate({ most: connections, isSlowDown }),
    repeats: { clock, onRetry },
    replies: new ReplyClock(),
  };
}

export interface S3Clients {
  /** Repeats what failed in passing. */
  readonly reading: S3Client;
  /** Sends once: whether a write may be sent again is for `retrying` to decide, which knows what it would do. */
  readonly writing: S3Client;
}

/** The SDK's clients, for what is asked seldom. Their requests pass the connection's gate. Fails as `openConnection`. */
export function openS3Clients(access: S3Access, connection: S3Connection = openConnection(access)): S3Clients {
  const options: S3ClientConfig = {
    endpoint: access.location.endpoint,
    region: connection.address.region,
    forcePathStyle: isPathStyle(access),
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
    // Repeated by `throughTheGate`, as the requests of our own hand are.
    maxAttempts: 1,
    // Without one the SDK warns on the console of what is thrown anyway.
    logger: silent,
    requestHandler: {
      connectionTimeout: 10_000,
      socketTimeout: 60_000,
      httpAgent: connection.agents.http,
      httpsAgent: connection.agents.https,
    },
  };
  return {
    reading: throughTheGate(new S3Client(options), access, connection),
    writing: throughTheGate(new S3Client(options), access, { ...connection, repeats: null }),
  };
}

const nothing = (): void => undefined;
const silent = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

interface ReplyHead {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

type Passage = Omit<S3Connection, "repeats"> & { readonly repeats: RepeatOptions | null };

/** Sends each try of a request when its turn has come, signed at that moment; again where `repeats` says how. */
function throughTheGate(
  client: S3Client,
  { clock, log = null }: S3Access,
  { gate, repeats, replies }: Passage,
): S3Client {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { Key: key, Prefix: prefix } = args.input as { readonly Key?: string; readonly Prefix?: string };
      const request = { commandName: (context.commandName ?? "").replace(/Command$/, ""), key: key ?? prefix };
      const headOf = ({ response }: { readonly response: unknown }): ReplyHead => response ?? {};
      const statusIn = (result: { readonly response: unknown }): number | undefined => headOf(result).statusCode;
      const act = async () => {
        const asked = clock.now();
        const result = await next(args);
        replies.note(headOf(result).headers?.["date"], { asked, came: clock.now() });
        return result;
      };
      const send = async () => await gate.pass(async () => await loggedRequest({ log, request, statusIn }, act));
      return repeats === null ? await send() : await repeated(send, repeats);
    },
    { step: "build", priority: "low", name: "requestGate" },
  );
  return client;
}
