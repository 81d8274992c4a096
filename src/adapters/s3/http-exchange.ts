import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { BucketAddress } from "./bucket-address.ts";
import type { PageBuffers } from "./page-buffers.ts";
import type { SignedRequest } from "./signed-request.ts";
import type { StoreAgents } from "./store-agents.ts";

interface Exchange {
  readonly address: BucketAddress;
  readonly agents: StoreAgents;
  readonly request: SignedRequest;
  /** Milliseconds without a byte either way after which the connection is given up. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
}

const mostToConnect = 10_000;

/**
 * Sends one request, once, and gives the head of the reply with its body still to come; a redirection is a reply like any
 * other. Whoever takes the body must read or destroy it. Rejects with the socket's error, `ETIMEDOUT` for our own limits.
 */
export async function exchange({ address, agents, request, patience, signal }: Exchange): Promise<IncomingMessage> {
  const options: RequestOptions = {
    hostname: address.hostname,
    port: address.port,
    method: request.method,
    path: request.path,
    headers: request.headers,
    ...(signal === undefined ? {} : { signal }),
  };
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const sent =
      address.protocol === "https:"
        ? httpsRequest({ ...options, agent: agents.https })
        : httpRequest({ ...options, agent: agents.http });
    sent.on("error", reject);
    sent.on("response", (reply) => {
      // Told to whoever reads the body; if nobody does any more it is no news.
      reply.on("error", () => undefined);
      resolve(reply);
    });
    sent.setTimeout(patience, () => sent.destroy(timeout(`not a byte for ${patience / 1000} s`)));
    limitConnecting(sent);
    sent.end(request.body ?? undefined);
  });
}

function limitConnecting(sent: ClientRequest): void {
  sent.on("socket", (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(
      () => sent.destroy(timeout(`no connection within ${mostToConnect / 1000} s`)),
      mostToConnect,
    );
    const stop = (): void => clearTimeout(timer);
    socket.once("connect", stop);
    socket.once("close", stop);
  });
}

function timeout(words: string): Error {
  return Object.assign(new Error(words), { code: "ETIMEDOUT" });
}

interface BodyOptions {
  /** Bytes after which the rest is left; all of them where nothing is said. */
  readonly most?: number | undefined;
  /** Where the bytes are put when the reply says how many they are. */
  readonly into?: PageBuffers | undefined;
}

/** A page of 1000 rows has some 500 KB, and three times that where its keys are as long as they may be. */
const mostIntoOne = 16 * 1024 * 1024;

/** The whole body. Rejects where the connection ends before it does. */
export async function wholeBody(reply: IncomingMessage, { most, into }: BodyOptions = {}): Promise<Buffer> {
  const length = Number(reply.headers["content-length"] ?? Number.NaN);
  if (into !== undefined && length <= mostIntoOne) return await bodyInto(reply, into.take(length));
  const parts: Buffer[] = [];
  let size = 0;
  await eachPart(reply, (part) => {
    parts.push(part);
    size += part.length;
    return most === undefined || size <= most;
  });
  return Buffer.concat(parts);
}

/** Node refuses a body of another length than the reply says. */
async function bodyInto(reply: IncomingMessage, whole: Buffer): Promise<Buffer> {
  let size = 0;
  await eachPart(reply, (part) => {
    size += part.copy(whole, size);
    return true;
  });
  return whole;
}

/** Ends with the body, or when `take` has had enough. */
async function eachPart(reply: IncomingMessage, take: (part: Buffer) => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    reply.on("data", (part: Buffer) => {
      if (take(part)) return;
      reply.destroy();
      resolve();
    });
    reply.on("end", resolve);
    reply.on("error", reject);
    reply.on("close", () => reject(Object.assign(new Error("the reply is cut"), { code: "ECONNRESET" })));
  });
}
