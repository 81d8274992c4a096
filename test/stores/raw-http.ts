import { connect } from "node:net";

/** A request as it stands on the wire: whatever an intruder may write, rules of HTTP or not. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly version: "HTTP/1.1" | "HTTP/1.0";
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface RawReply {
  readonly status: number;
  /** All that came, head and body, of further replies too. */
  readonly text: string;
}

interface Sending {
  /** `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  /** One behind the other on one connection. */
  readonly requests: readonly RawRequest[];
  /** Where the connection comes from, for a server that lets only some in. */
  readonly from?: string;
}

const patience = 10_000;

/** Resolves once the server has closed the connection, with status 0 where it said nothing. */
export async function sendRaw({ endpoint, requests, from }: Sending): Promise<RawReply> {
  const { hostname, port } = new URL(endpoint);
  return await new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({
      host: hostname,
      port: Number(port),
      ...(from === undefined ? {} : { localAddress: from }),
    });
    socket.setTimeout(patience, () => socket.destroy());
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") reject(error);
    });
    socket.on("close", () => {
      const text = Buffer.concat(parts).toString("utf8");
      resolve({ status: Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0), text });
    });
    for (const request of requests) socket.write(wireOf(request));
  });
}

/** The bytes of a request, its headers as given and none besides. */
function wireOf({ method, target, version, headers, body }: RawRequest): Buffer {
  const head = [`${method} ${target} ${version}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}
