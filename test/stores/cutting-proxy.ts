import { createServer, request as sendRequest, Agent, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { s3Request, type S3Request } from "./s3-wire.ts";

/** What becomes of one request on its way to the store. */
export type Verdict =
  | { readonly kind: "pass" }
  /** The connection is cut before the store sees the request. */
  | { readonly kind: "drop" }
  /**
   * The store answers, and the connection is cut before any of its reply comes through. `first` is awaited between the
   * two, with the store's status: there a process can be killed that has sent a request and never learns what became of it.
   */
  | { readonly kind: "cut"; readonly first?: (status: number) => Promise<void> | void };

export interface CuttingProxy {
  readonly endpoint: string;
  /** What came so far, and what became of it. */
  readonly passages: readonly Passage[];
  stop(): Promise<void>;
}

interface Passage {
  readonly request: S3Request;
  readonly verdict: Verdict["kind"];
  /** What the store answered; null where it was not asked or did not. */
  readonly status: number | null;
}

/** Chooses by the whole request, its body included; asked once for each. */
export type Choose = (request: S3Request) => Verdict;

const pass: Verdict = { kind: "pass" };

/**
 * Stands before a real store and lets requests through as they are, Host and signature included, but for those that
 * `choose` has cut. `store` is its endpoint over plain HTTP.
 */
export async function startCuttingProxy(store: string, choose: Choose): Promise<CuttingProxy> {
  const passages: Passage[] = [];
  const onward = new Agent({ keepAlive: true });
  let count = 0;
  const serve = async (incoming: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> => {
    const request = s3Request(incoming, body, count++);
    const verdict = choose(request);
    const reply = verdict.kind === "drop" ? null : await forwarded({ store, incoming, body, onward });
    passages.push({ request, verdict: verdict.kind, status: reply?.status ?? null });
    if (verdict.kind === "cut") await verdict.first?.(reply?.status ?? 0);
    if (verdict.kind !== "pass" || reply === null) {
      response.socket?.resetAndDestroy();
      return;
    }
    response.writeHead(reply.status, [...reply.headers]);
    response.end(reply.body);
  };
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => void serve(incoming, response, Buffer.concat(parts)));
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    passages,
    stop: async () => {
      onward.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Gives the `n`th request that it fits, counted from 0, that verdict; all others pass. */
export function cutAt(fits: (request: S3Request) => boolean, verdict: Verdict, n = 0): Choose {
  let left = n;
  return (request) => (fits(request) && left-- === 0 ? verdict : pass);
}

interface Forwarding {
  readonly store: string;
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
  readonly onward: Agent;
}

interface StoreReply {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** What the store answers; null where the connection to it breaks. */
async function forwarded({ store, incoming, body, onward }: Forwarding): Promise<StoreReply | null> {
  const { hostname, port } = new URL(store);
  const { method, url, rawHeaders } = incoming;
  return await new Promise((resolve) => {
    const options = { hostname, port, method, path: url, headers: rawHeaders, agent: onward, setHost: false };
    const outgoing = sendRequest(options, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("error", () => resolve(null));
      reply.on("end", () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.rawHeaders, body: Buffer.concat(parts) }),
      );
    });
    outgoing.on("error", () => resolve(null));
    outgoing.end(body);
  });
}
