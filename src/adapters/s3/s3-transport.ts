import type { IncomingMessage } from "node:http";
import type { ClockReading } from "../../store/versioned-store.ts";
import { exchange, wholeBody } from "./http-exchange.ts";
import type { PageBuffers } from "./page-buffers.ts";
import { repeated } from "./repeated.ts";
import { loggedRequest } from "./request-log.ts";
import type { S3Access, S3Connection } from "./s3-client.ts";
import { errorWords, S3ReplyError } from "./s3-reply-error.ts";
import { openSigner, type S3Request } from "./signed-request.ts";

export type Headers = Readonly<Record<string, string>>;

interface WholeReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

interface OpenReply {
  readonly status: number;
  readonly headers: Headers;
  /** Must be read to its end or destroyed. Ends early only by throwing. */
  readonly body: IncomingMessage;
}

interface SendOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte after which it is given up; a minute where nothing is said. */
  readonly patience?: number;
  /** Where to take the buffer for the body from; who sends the request gives it back. */
  readonly into?: PageBuffers;
}

/**
 * Sends requests to one bucket by our own hand, past the SDK, where there are many of them or they are large: version
 * listings, the bytes of objects, copies, deletes. Every method throws what `failureOfS3` understands: for an answer with
 * a status of 300 and above, redirections too, an `S3ReplyError`.
 */
export interface S3Transport {
  /** For what only reads: what fails in passing is sent again. */
  read(request: S3Request, options?: SendOptions): Promise<WholeReply>;
  /**
   * As `read`, with the body still to come. Its turn at the gate ends with the head: who writes what he reads would
   * otherwise wait for himself.
   */
  open(request: S3Request): Promise<OpenReply>;
  /**
   * Sends once: whether a write may be sent again is for `retrying` to decide, which knows what it would do. An error
   * under status 200 is an error: a store that takes long begins its answer before it knows.
   */
  write(request: S3Request, options?: SendOptions): Promise<WholeReply>;
  /** The store's clock by a reply of the last 30 seconds; null where there was none. */
  clockOfReplies(): ClockReading | null;
}

const usualPatience = 60_000;
/** A proxy's page is not read to its end. */
const mostOfError = 64 * 1024;

export function openTransport(access: S3Access, connection: S3Connection): S3Transport {
  const { address, agents, gate, replies } = connection;
  const sign = openSigner({ address, credentials: access.credentials, clock: access.clock });
  const send = async (request: S3Request, options: SendOptions): Promise<OpenReply> => {
    const { signal, patience = usualPatience } = options;
    const signed = await sign(request);
    const asked = access.clock.now();
    const reply = await exchange({ address, agents, request: signed, patience, signal });
    const { statusCode: status = 0 } = reply;
    const headers = headersOf(reply);
    replies.note(headers["date"], { asked, came: access.clock.now() });
    if (status < 300) return { status, headers, body: reply };
    const text = (await wholeBody(reply, { most: mostOfError })).toString();
    throw new S3ReplyError({ status, headers, ...(errorWords(text) ?? { code: "", words: "" }) });
  };
  const whole = async (request: S3Request, options: SendOptions): Promise<WholeReply> => {
    const { body, ...head } = await send(request, options);
    return { ...head, body: await wholeBody(body, options) };
  };
  const log = access.log ?? null;
  const once = async <T extends Answer>(request: S3Request, act: () => Promise<T>): Promise<T> =>
    await gate.pass(async () => await loggedRequest({ log, request: told(request), statusIn }, act));
  const again = async <T extends Answer>(request: S3Request, act: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    await repeated(async () => await once(request, act), { ...connection.repeats, signal });
  return {
    read: async (request, options = {}) =>
      await again(request, async () => await whole(request, options), options.signal),
    open: async (request) => await again(request, async () => await send(request, {})),
    write: async (request, options = {}) =>
      await once(request, async () => withoutError(await whole(request, options))),
    clockOfReplies: () => replies.reading(access.clock.now()),
  };
}

function withoutError(reply: WholeReply): WholeReply {
  const error = reply.body.length > mostOfError ? null : errorWords(reply.body.toString());
  if (error === null) return reply;
  throw new S3ReplyError({ ...reply, ...error });
}

type Answer = WholeReply | OpenReply;

function statusIn({ status }: Answer): number {
  return status;
}

/** Each header once; the few that may stand twice are none that S3 answers with. */
function headersOf({ headers }: IncomingMessage): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

function told({ operation, key, query }: S3Request): {
  readonly commandName: string;
  readonly key: string | undefined;
} {
  return { commandName: operation, key: key ?? query?.["prefix"] };
}
