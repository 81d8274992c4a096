import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * Serves version listings of 1000 rows a page in MinIO's layout, as fast as one process can: `node page-server.ts SHARDS
 * PAGES DELAY`. Shard n stands under `home/data/` and two hex digits; DELAY is how long each page takes, in milliseconds.
 * Prints its port.
 */
const [shards = 0, pages = 0, delay = 0] = process.argv.slice(2).map(Number);
const rowsOfPage = 1000;

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function rowXml(prefix: string, page: number, row: number): string {
  const hash = digest(`${prefix}${page}${row}`);
  const place = (page * rowsOfPage + row).toString(16).padStart(6, "0");
  const id = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join(
    "-",
  );
  const owner = `<Owner><ID>${digest("owner")}</ID><DisplayName>minio</DisplayName></Owner>`;
  const date = new Date(Date.UTC(2026, 9, 1) + page * 1_000_000 + row * 997).toISOString();
  const head = `<Key>${prefix}${place}${hash.slice(6)}</Key><LastModified>${date}</LastModified>`;
  const tail = `${owner}<VersionId>${id}</VersionId><IsLatest>true</IsLatest>`;
  if (row % 50 === 7) return `<DeleteMarker>${head}${tail}</DeleteMarker>`;
  const size = 4_000_000 + Number.parseInt(hash.slice(0, 5), 16);
  const about = `<ETag>&#34;${hash.slice(0, 32)}&#34;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass>`;
  return `<Version>${head}${about}${tail}</Version>`;
}

function pageXml(prefix: string, page: number): Buffer {
  const isLast = page === pages - 1;
  const next = `<NextKeyMarker>${page + 1}</NextKeyMarker><NextVersionIdMarker>${page + 1}</NextVersionIdMarker>`;
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
      `<Name>bench</Name><Prefix>${prefix}</Prefix><KeyMarker></KeyMarker>${isLast ? "" : next}<MaxKeys>1000</MaxKeys>` +
      `<IsTruncated>${!isLast}</IsTruncated>` +
      Array.from({ length: rowsOfPage }, (_, row) => rowXml(prefix, page, row)).join("") +
      `<EncodingType>url</EncodingType></ListVersionsResult>`,
  );
}

const bodies = new Map(
  Array.from({ length: shards }, (_, shard) => `home/data/${shard.toString(16).padStart(2, "0")}/`).map((prefix) => [
    prefix,
    Array.from({ length: pages }, (_, page) => pageXml(prefix, page)),
  ]),
);

const server = createServer((request, response) => {
  const query = new URLSearchParams((request.url ?? "").split("?")[1]);
  const body = bodies.get(query.get("prefix") ?? "")?.[Number(query.get("key-marker") ?? "0")];
  const answer = (): void => {
    response.writeHead(body === undefined ? 404 : 200, {
      "content-length": body?.length ?? 0,
      "content-type": "application/xml",
    });
    response.end(body);
  };
  if (delay === 0) answer();
  else setTimeout(answer, delay);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
