import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Raw, as it was sent: `/bucket/a%20b`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What to answer; status 200 and an empty body where nothing is said. */
export interface WireReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The connection is cut once the body is sent; a greater Content-Length makes it a body that stops short. */
  readonly isCut?: boolean;
}

/** Answers every request of a test; `n` counts from 0. */
export type Script = (request: WireRequest, n: number) => WireReply;

interface ScriptedS3 {
  readonly endpoint: string;
  readonly port: number;
  /** What came so far. */
  readonly requests: readonly WireRequest[];
}

export interface TlsOptions {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** A real server on loopback that answers as its script says, for habits that no real store here has. Ends with the test. */
export async function startScriptedS3(script: Script, tls?: TlsOptions): Promise<ScriptedS3> {
  const requests: WireRequest[] = [];
  const listener: RequestListener = (incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const request = wireRequest(incoming, Buffer.concat(parts));
      requests.push(request);
      answer(response, script(request, requests.length - 1));
    });
  };
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`, port, requests };
}

function wireRequest(incoming: IncomingMessage, body: Buffer): WireRequest {
  const [path = "", query = ""] = (incoming.url ?? "").split("?");
  return { method: incoming.method ?? "", path, query: new URLSearchParams(query), headers: incoming.headers, body };
}

function answer(response: ServerResponse, { status = 200, headers = {}, body = "", isCut = false }: WireReply): void {
  const length = isCut ? {} : { "content-length": Buffer.byteLength(body).toString() };
  response.writeHead(status, { ...length, ...headers });
  if (!isCut) {
    response.end(body);
    return;
  }
  response.write(body, () => response.destroy());
}

/** An S3 error. */
export function errorReply(status: number, code: string, headers: Readonly<Record<string, string>> = {}): WireReply {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>in the store's words</Message></Error>`;
  return { status, headers: { "content-type": "application/xml", ...headers }, body };
}

export interface PageParts {
  /** `<Version>` and `<DeleteMarker>` elements, see `versionXml`. */
  readonly rows: readonly string[];
  /** From where to go on, as the XML is to say it; null ends the listing. */
  readonly next?: { readonly key?: string; readonly id?: string } | null;
  readonly encodingType?: "url";
}

/** A page of ListObjectVersions. */
export function pageXml({ rows, next = null, encodingType }: PageParts): string {
  return [
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
    `<Name>backups</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker><MaxKeys>1000</MaxKeys>`,
    encodingType === undefined ? "" : `<EncodingType>${encodingType}</EncodingType>`,
    `<IsTruncated>${next !== null}</IsTruncated>`,
    next?.key === undefined ? "" : `<NextKeyMarker>${next.key}</NextKeyMarker>`,
    next?.id === undefined ? "" : `<NextVersionIdMarker>${next.id}</NextVersionIdMarker>`,
    ...rows,
    "</ListVersionsResult>",
  ].join("");
}

/** A version as its XML stands; `key` and `id` are taken as they are. */
export function versionXml(key: string, id: string, second = 0): string {
  return `<Version><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>false</IsLatest><LastModified>${dateAt(second)}</LastModified><ETag>&quot;900150983cd24fb0d6963f7d28e17f72&quot;</ETag><Size>3</Size><StorageClass>STANDARD</StorageClass><Owner><ID>owner</ID><DisplayName>Owner</DisplayName></Owner></Version>`;
}

export function markerXml(key: string, id: string, second = 0): string {
  return `<DeleteMarker><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>false</IsLatest><LastModified>${dateAt(second)}</LastModified><Owner><ID>owner</ID><DisplayName>Owner</DisplayName></Owner></DeleteMarker>`;
}

function dateAt(second: number): string {
  return `2026-11-20T03:00:${second.toString().padStart(2, "0")}.000Z`;
}
