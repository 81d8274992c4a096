import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";

/** Something that stands between a host and a store, or in its place. */
export interface Relay {
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface TlsRelay extends Relay {
  /** The PEM file of the authority that signed its certificate: itself. */
  readonly caFile: string;
}

/** The store behind TLS, with a certificate of its own making for 127.0.0.1. */
export async function relayTls(store: string): Promise<TlsRelay> {
  const folder = mkdtempSync(path.join(tmpdir(), "hf-tls-"));
  const [keyFile, caFile] = [path.join(folder, "key.pem"), path.join(folder, "ca.pem")];
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=holdfast-test";
  const extensions = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", caFile];
  execFileSync("openssl", [...words.split(" "), ...extensions], { stdio: "ignore" });
  const { hostname, port } = new URL(store);
  const options = { key: readFileSync(keyFile), cert: readFileSync(caFile) };
  const server = createTlsServer(options, (socket) => {
    const onward = connect(Number(port), hostname);
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on("error", () => [socket, onward].forEach((each) => each.destroy()));
  });
  server.on("tlsClientError", () => undefined);
  const relay = await listen(server, "https");
  return {
    ...relay,
    caFile,
    close: async () => {
      await relay.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A store whose clock is `offset` milliseconds off ours, and which refuses what is signed 15 minutes off, as S3 does. */
export async function skewedStore(offset: number): Promise<Relay> {
  return await scriptedStore((request, response) => {
    const date = new Date(Date.now() + offset).toUTCString();
    response.writeHead(403, { date, "content-type": "application/xml" });
    response.end(
      request.method === "HEAD"
        ? undefined
        : s3Error("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
    );
  });
}

/** A store that has objects and no versions: 501 for the versioning of a bucket, 404 for every object. */
export async function storeWithoutVersions(): Promise<Relay> {
  return await scriptedStore(({ url = "", method }, response) => {
    const { searchParams } = new URL(url, "http://store");
    const [status, body] = searchParams.has("versioning")
      ? [501, s3Error("NotImplemented", "A header you provided implies functionality that is not implemented.")]
      : searchParams.has("location")
        ? [200, '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>']
        : [404, s3Error("NoSuchKey", "The specified key does not exist.")];
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(method === "HEAD" ? undefined : body);
  });
}

async function scriptedStore(answer: RequestListener): Promise<Relay> {
  return await listen(createHttpServer(answer), "http");
}

function s3Error(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

async function listen(server: Server, scheme: "http" | "https"): Promise<Relay> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${scheme}://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
