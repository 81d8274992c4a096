import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SyntheticHistory, type HistoryKind } from "./synthetic-history.ts";
import { markedAt, SyntheticPages } from "./synthetic-pages.ts";

/*
 * A store that serves a history of any length and takes no writes, for benchmarks of scale:
 *
 *   node bench/synthetic-store.ts --versions 1000000 [--kind deleted|plain|overwritten] [--delay 20] [--prefix home/]
 *                                 [--contents 4096] [--seed 1]
 *
 * Any bucket name reaches it. `--delay`: milliseconds that each page takes. `--contents`: data objects of that many bytes,
 * named by their hash; without it their names are made up, and nothing hashes to them. Prints one line of JSON when it is
 * ready and ends when its stdin closes.
 */

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly release?: () => void;
}

const noSuch: Readonly<Record<string, string>> = {
  lifecycle: "NoSuchLifecycleConfiguration",
  policy: "NoSuchBucketPolicy",
  "object-lock": "ObjectLockConfigurationNotFoundError",
  replication: "ReplicationConfigurationNotFoundError",
  encryption: "ServerSideEncryptionConfigurationNotFoundError",
  tagging: "NoSuchTagSet",
};

class SyntheticStore {
  readonly #history: SyntheticHistory;
  readonly #pages: SyntheticPages;
  readonly #delay: number;

  constructor(history: SyntheticHistory, delay: number) {
    this.#history = history;
    this.#pages = new SyntheticPages(history);
    this.#delay = delay;
  }

  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    incoming.resume();
    const { status, headers = {}, body = "", release } = this.#answer(incoming);
    const isPage = release !== undefined;
    if (isPage && this.#delay > 0) await sleep(this.#delay);
    // An aborted reply closes without finishing; either way the bytes are no longer read.
    if (isPage) response.once("close", release);
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
    response.end(incoming.method === "HEAD" ? undefined : body);
  }

  #answer({ method = "", url = "", headers }: IncomingMessage): Reply {
    const [path = "", search = ""] = url.split("?");
    const query = new URLSearchParams(search);
    const key = decodeURIComponent(path.split("/").slice(2).join("/"));
    const isRead = method === "GET" || method === "HEAD";
    // Whether markers may be lifted is tried on a version that never was: to delete that is done already.
    if (method === "DELETE" && query.has("versionId") && this.#rowOf(key, query.get("versionId")) === null) {
      return { status: 204 };
    }
    if (!isRead) return failure(501, "NotImplemented");
    return key === "" ? this.#ofBucket(query) : this.#object(key, query.get("versionId"), headers.range);
  }

  #ofBucket(query: URLSearchParams): Reply {
    if (query.has("versions")) return this.#versions(query);
    if (query.has("list-type")) return { status: 200, body: this.#current(query) };
    if (query.has("versioning"))
      return xml("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    if (query.has("uploads")) {
      return xml("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
    }
    if (query.has("location")) return xml("<LocationConstraint/>");
    const setting = Object.keys(noSuch).find((name) => query.has(name));
    return setting === undefined ? { status: 200 } : failure(404, noSuch[setting] ?? "");
  }

  #versions(query: URLSearchParams): Reply {
    const page = this.#pages.page({
      prefix: query.get("prefix") ?? "",
      keyMarker: query.get("key-marker") ?? "",
      versionIdMarker: query.get("version-id-marker") ?? "",
      most: Math.min(Number(query.get("max-keys") ?? 1000), 1000),
      isEncoded: query.get("encoding-type") === "url",
    });
    if (page === null) return failure(400, "InvalidArgument");
    return { status: 200, headers: { "content-type": "application/xml" }, ...page };
  }

  #current(query: URLSearchParams): string {
    const [from, until] = this.#history.rangeOf(query.get("prefix") ?? "");
    const token = query.get("continuation-token");
    const start = token === null ? from : Math.max(from, this.#history.positionOf(token) + 1);
    const end = this.#history.shape.kind === "deleted" ? start : Math.min(start + 1000, until);
    const isTruncated = this.#history.shape.kind !== "deleted" && end < until;
    const rows = Array.from({ length: Math.max(0, end - start) }, (_, n) => {
      const [folder, index] = this.#history.placeOf(start + n);
      const date = new Date(markedAt - 86_400_000).toISOString();
      return `<Contents><Key>${folder.path}${folder.nameAt(index)}</Key><LastModified>${date}</LastModified><ETag>&quot;0&quot;</ETag><Size>${folder.sizeAt(index)}</Size></Contents>`;
    });
    const next = isTruncated ? `<NextContinuationToken>${this.#history.keyAt(end - 1)}</NextContinuationToken>` : "";
    return `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${rows.join("")}</ListBucketResult>`;
  }

  /** The row of a key: of that id, or the latest; null for none. */
  #rowOf(key: string, id: string | null): number | null {
    const position = this.#history.positionOf(key);
    if (position === this.#history.shape.versions || this.#history.keyAt(position) !== key) return null;
    return id === null ? 0 : this.#pages.rowOf(position, id);
  }

  #object(key: string, id: string | null, range: string | undefined): Reply {
    const row = this.#rowOf(key, id);
    if (row === null) return failure(404, id === null ? "NoSuchKey" : "NoSuchVersion");
    const { kind } = this.#history.shape;
    const position = this.#history.positionOf(key);
    const seen = { "x-amz-version-id": this.#pages.idOf(position, row) };
    if (row === 0 && kind === "deleted") {
      const reply = id === null ? failure(404, "NoSuchKey") : failure(405, "MethodNotAllowed");
      return { ...reply, headers: { ...seen, "x-amz-delete-marker": "true" } };
    }
    const [folder, index] = this.#history.placeOf(position);
    const body = folder.contentAt(index);
    // What was put on top of the right version has its size and other bytes.
    if (row === 0 && kind === "overwritten") body[0] = (body[0] ?? 0) ^ 0xff;
    const from = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
    if (from === undefined) return { status: 200, headers: seen, body };
    const place = `bytes ${from}-${body.length - 1}/${body.length}`;
    return { status: 206, headers: { ...seen, "content-range": place }, body: body.subarray(Number(from)) };
  }
}

function xml(body: string): Reply {
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

function failure(status: number, code: string): Reply {
  return { ...xml(`<Error><Code>${code}</Code><Message>a synthetic store</Message></Error>`), status };
}

function kindNamed(text: string): HistoryKind {
  if (text === "plain" || text === "deleted" || text === "overwritten") return text;
  throw new RangeError(`--kind ${text}: plain, deleted or overwritten`);
}

const { values } = parseArgs({
  options: {
    versions: { type: "string", default: "1000000" },
    kind: { type: "string", default: "deleted" },
    delay: { type: "string", default: "0" },
    prefix: { type: "string", default: "" },
    contents: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const shape = {
  versions: Number(values.versions),
  kind: kindNamed(values.kind),
  prefix: values.prefix,
  contentSize: values.contents === undefined ? null : Number(values.contents),
  seed: Number(values.seed),
};
const store = new SyntheticStore(new SyntheticHistory(shape), Number(values.delay));
const server = createServer((incoming, response) => void store.serve(incoming, response));
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const rows = shape.kind === "plain" ? shape.versions : 2 * shape.versions;
  process.stdout.write(
    `${JSON.stringify({ port, keys: shape.versions, rows, kind: shape.kind, markedAt: new Date(markedAt).toISOString() })}\n`,
  );
});
process.stdin.resume().once("close", () => process.exit(0));
