import { Agent, createServer, request, type IncomingMessage } from "node:http";

/** An HTTP proxy that passes everything on as it comes and counts it. */
export interface CountingProxy {
  readonly endpoint: string;
  /** Requests so far by what they do, most first; "LIST versions", "COPY", "HEAD". */
  counts(): readonly (readonly [kind: string, count: number])[];
  stop(): Promise<void>;
}

/** Stands in front of `target`. The Host header stays as the client signed it. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const counted = new Map<string, number>();
  const server = createServer((incoming, reply) => {
    const kind = kindOf(incoming);
    counted.set(kind, (counted.get(kind) ?? 0) + 1);
    const { method, url: path, rawHeaders: headers } = incoming;
    const onward = request({ agent, hostname, port, method, path, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(reply);
    });
    onward.on("error", () => reply.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`,
    counts: () => [...counted].sort(([, a], [, b]) => b - a),
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function kindOf({ method = "", url = "", headers }: IncomingMessage): string {
  const { pathname, searchParams } = new URL(url, "http://store");
  const isBucket = pathname.split("/").filter((part) => part !== "").length <= 1;
  if (method === "GET" && searchParams.has("versions")) return "LIST versions";
  if (method === "GET" && isBucket)
    return searchParams.has("list-type") ? "LIST" : `GET bucket ${[...searchParams.keys()].join(" ")}`;
  if (method === "PUT" && headers["x-amz-copy-source"] !== undefined) return "COPY";
  if (method === "POST" && searchParams.has("delete")) return "DELETE batch";
  return isBucket ? `${method} bucket` : method;
}
