import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { S3Access } from "../../src/adapters/s3/s3-client.ts";
import { openClock } from "../../src/adapters/system-clock.ts";
import type { Clock } from "../../src/base/clock.ts";
import { Secret } from "../../src/base/secret.ts";
import type { ProviderProfile } from "../../src/store/provider-profile.ts";
import { deliver, replyUnder, type FaultPlan } from "./fault.ts";
import { ImitatedBucket } from "./imitated-bucket.ts";
import type { ObjectHabits } from "./imitated-requests.ts";
import { locationAt, profileOf } from "./real-stores.ts";
import { s3Request, type S3Request } from "./s3-wire.ts";
import { errorReply, type WireReply } from "./scripted-s3.ts";

export interface ImitatedS3Options {
  /** Buckets that are there from the start, with whatever history; a test may go on looking into them and filling them. */
  readonly buckets?: Readonly<Record<string, MemoryStore>>;
  /** Dates of versions and of replies. */
  readonly clock?: Clock;
  /** In what it differs from AWS, which stacks markers, interleaves them, and dates uploads by their beginning. */
  readonly habits?: ObjectHabits;
  readonly faults?: FaultPlan;
}

export interface ImitatedS3 {
  readonly endpoint: string;
  /** What came so far, those that a fault befell among them. */
  readonly requests: readonly S3Request[];
  /** From now on; null for none. */
  setFaults(faults: FaultPlan | null): void;
  stop(): Promise<void>;
}

/**
 * A real server on loopback that speaks S3, path style, over memory stores, for what no real store here does. It takes
 * any key and checks no signature; a fault may refuse by `accessKey`. It is held to the conformance suite itself.
 */
export async function startImitatedS3(options: ImitatedS3Options = {}): Promise<ImitatedS3> {
  const imitation = new Imitation(options);
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => void imitation.serve(incoming, response, Buffer.concat(parts)));
  });
  // Long tests keep a connection idle between two requests, and one that is closed just then is no fault of the planned kind.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests: imitation.requests,
    setFaults: (faults) => imitation.setFaults(faults),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reaches `place`, such as `backups/home`, behind an imitated server. Of its profile nothing is known unless it is told. */
export function imitatedAccess(
  { endpoint }: Pick<ImitatedS3, "endpoint">,
  place: string,
  profile: ProviderProfile = profileOf("generic"),
): S3Access {
  const credentials = {
    role: "rescuer",
    accessKey: "AKIAHOLDFASTTEST0001",
    secretKey: new Secret("the-secret-key-of-a-test"),
    sessionToken: null,
  } as const;
  const location = locationAt(endpoint, place);
  return { location, region: null, bucketLookup: "auto", caFile: null, profile, credentials, clock: openClock() };
}

class Imitation {
  readonly requests: S3Request[] = [];
  readonly #clock: Clock;
  readonly #habits: ObjectHabits;
  readonly #buckets: Map<string, ImitatedBucket>;
  #faults: FaultPlan | null;

  constructor({ buckets = {}, clock = openClock(), habits = {}, faults }: ImitatedS3Options) {
    this.#clock = clock;
    this.#habits = { uploadDate: "initiation", ...habits };
    this.#faults = faults ?? null;
    this.#buckets = new Map(
      Object.entries(buckets).map(([name, store]) => [name, new ImitatedBucket(store, clock, this.#habits)]),
    );
  }

  setFaults(faults: FaultPlan | null): void {
    this.#faults = faults;
  }

  async serve(incoming: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const request = s3Request(incoming, body, this.requests.length);
    this.requests.push(request);
    const fault = this.#faults?.(request) ?? null;
    const reply = await replyUnder(fault, request, async (asked) => await this.#work(asked));
    const headers = { date: new Date(this.#clock.now()).toUTCString(), "x-amz-request-id": `imitated-${request.n}` };
    const dated = reply === null ? null : { ...reply, headers: { ...headers, ...reply.headers } };
    await deliver({ response, reply: dated, fault, isHead: request.method === "HEAD" });
  }

  /** A fault of the imitation itself is told as what it is, or the test would hang. */
  async #work(request: S3Request): Promise<WireReply> {
    try {
      return await this.#answer(request);
    } catch (error) {
      return { ...errorReply(500, "ImitationBroken"), body: error instanceof Error ? (error.stack ?? "") : "" };
    }
  }

  async #answer(request: S3Request): Promise<WireReply> {
    const bucket = this.#buckets.get(request.bucket);
    switch (request.operation) {
      case "ListBuckets":
        return { body: this.#bucketsXml() };
      case "CreateBucket":
        return this.#create(request.bucket);
      case "DeleteBucket":
        if (bucket !== undefined && !(await bucket.isEmpty())) return errorReply(409, "BucketNotEmpty");
        return this.#buckets.delete(request.bucket) ? { status: 204 } : errorReply(404, "NoSuchBucket");
      default:
        return bucket === undefined ? errorReply(404, "NoSuchBucket") : await bucket.answer(request);
    }
  }

  #create(name: string): WireReply {
    if (this.#buckets.has(name)) return errorReply(409, "BucketAlreadyOwnedByYou");
    const store = new MemoryStore(this.#clock, "off");
    this.#buckets.set(name, new ImitatedBucket(store, this.#clock, this.#habits));
    return {};
  }

  #bucketsXml(): string {
    const names = [...this.#buckets.keys()].map((name) => `<Bucket><Name>${name}</Name></Bucket>`);
    return `<ListAllMyBucketsResult><Buckets>${names.join("")}</Buckets></ListAllMyBucketsResult>`;
  }
}
