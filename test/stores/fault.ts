import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { elementsNamed, escapeXml, textNamed, type S3Request } from "./s3-wire.ts";
import { errorReply, type WireReply } from "./scripted-s3.ts";

/** What goes wrong with one request. */
export type Fault =
  /** The store answers with an error; `isDone`: after it has done what was asked. */
  | {
      readonly kind: "error";
      readonly status: number;
      readonly code: string;
      readonly isDone?: boolean;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection is reset; `isDone`: the store has done what was asked and only its reply is lost. */
  | { readonly kind: "reset"; readonly isDone: boolean }
  /** Status 200 with an error for a body, as S3 answers a copy or the end of an upload that failed on the way. */
  | { readonly kind: "error in the body"; readonly code: string; readonly isDone?: boolean }
  /** Of a batch only some entries are refused, the others are done. */
  | { readonly kind: "refused entries"; readonly code: string; readonly isRefused: (key: string) => boolean }
  /** The body comes in pieces of `bytes`, `wait` milliseconds apart. */
  | { readonly kind: "trickle"; readonly bytes: number; readonly wait: number }
  /** Only the first `bytes` of the body come, then the connection is cut. */
  | { readonly kind: "cut body"; readonly bytes: number }
  /** Only the first `bytes` of the body come, and the store says that this was all. */
  | { readonly kind: "short document"; readonly bytes: number };

/** Asked once for each request, before anything is done; null for none. */
export type FaultPlan = (request: S3Request) => Fault | null;

export const slowDown: Fault = { kind: "error", status: 503, code: "SlowDown" };
export const internalError: Fault = { kind: "error", status: 500, code: "InternalError" };
export const accessDenied: Fault = { kind: "error", status: 403, code: "AccessDenied" };
export const expiredToken: Fault = { kind: "error", status: 400, code: "ExpiredToken" };
export const timeTooSkewed: Fault = { kind: "error", status: 403, code: "RequestTimeTooSkewed" };
export const droppedRequest: Fault = { kind: "reset", isDone: false };
export const lostReply: Fault = { kind: "reset", isDone: true };

type Work = (request: S3Request) => Promise<WireReply>;

/** Does what the fault lets be done. Null where no reply is to be sent. */
export async function replyUnder(fault: Fault | null, request: S3Request, work: Work): Promise<WireReply | null> {
  switch (fault?.kind) {
    case "error":
      if (fault.isDone === true) await work(request);
      return errorReply(fault.status, fault.code, fault.headers);
    case "reset":
      if (fault.isDone) await work(request);
      return null;
    case "error in the body":
      if (fault.isDone === true) await work(request);
      return errorReply(200, fault.code);
    case "refused entries":
      return await refusedEntries(request, fault, work);
    case "short document": {
      const reply = await work(request);
      return { ...reply, body: Buffer.from(reply.body ?? "").subarray(0, fault.bytes) };
    }
    default:
      return await work(request);
  }
}

async function refusedEntries(
  request: S3Request,
  { code, isRefused }: Extract<Fault, { kind: "refused entries" }>,
  work: Work,
): Promise<WireReply> {
  const entries = elementsNamed("Object", request.body.toString());
  const refused = entries.filter((entry) => isRefused(textNamed("Key", entry) ?? ""));
  const left = entries.filter((entry) => !refused.includes(entry)).map((entry) => `<Object>${entry}</Object>`);
  const body = Buffer.from(`<Delete>${left.join("")}</Delete>`);
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  const reply = left.length === 0 ? {} : await work({ ...request, body, headers });
  const errors = refused.map((entry) => {
    return `<Error>${entry}<Code>${escapeXml(code)}</Code><Message>in the store's words</Message></Error>`;
  });
  const done = elementsNamed("DeleteResult", String(reply.body ?? ""))[0] ?? "";
  return { body: `<DeleteResult>${done}${errors.join("")}</DeleteResult>` };
}

interface Delivery {
  readonly response: ServerResponse;
  readonly reply: WireReply | null;
  readonly fault: Fault | null;
  readonly isHead: boolean;
}

/** Sends the reply, as slowly, as far, or not at all, as the fault has it. */
export async function deliver({ response, reply, fault, isHead }: Delivery): Promise<void> {
  if (reply === null) {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = Buffer.from(reply.body ?? "");
  const { status = 200, headers = {} } = reply;
  const length = status === 204 ? {} : { "content-length": body.length.toString() };
  response.writeHead(status, { ...length, ...headers });
  if (isHead || status === 204) {
    response.end();
    return;
  }
  if (fault?.kind === "cut body") {
    response.write(body.subarray(0, fault.bytes), () => response.socket?.resetAndDestroy());
    return;
  }
  if (fault?.kind === "trickle") {
    for (let at = 0; at < body.length && !response.destroyed; at += fault.bytes) {
      response.write(body.subarray(at, at + fault.bytes));
      await sleep(fault.wait);
    }
  }
  response.end(fault?.kind === "trickle" ? undefined : body);
}
