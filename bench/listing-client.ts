import { ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { openBenchStore } from "./bench-store.ts";

/*
 * Lists every shard of a page server, all at once, and looks at each row: `node listing-client.ts ours|sdk PORT SHARDS
 * ROUNDS`. The first round is to warm up. Prints a line of JSON with the rows, the CPU and the wall time of the others.
 */
const [who = "", port = "", shards = "", rounds = ""] = process.argv.slice(2);
const prefixes = Array.from({ length: Number(shards) }, (_, n) => `home/data/${n.toString(16).padStart(2, "0")}/`);
const connections = 16;

/** How many rows there are under the prefix, and a sum over all that they say. */
type Lister = (prefix: string) => Promise<{ readonly rows: number; readonly sum: number }>;

async function ours(): Promise<Lister> {
  const store = await openBenchStore(port);
  return async (prefix) => {
    let [rows, sum] = [0, 0];
    for await (const page of store.listVersions(prefix)) {
      for (const row of page) {
        rows += 1;
        sum += row.key.length + row.versionId.length + (row.kind === "version" ? row.size + row.etag.length : 0);
        sum += row.lastModified % 1000;
      }
    }
    return { rows, sum };
  };
}

function sdk(): Lister {
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials,
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: connections } },
  });
  return async (prefix) => {
    let [rows, sum] = [0, 0];
    let marker = {};
    for (;;) {
      const page = await client.send(
        new ListObjectVersionsCommand({ Bucket: "bench", Prefix: prefix, EncodingType: "url", ...marker }),
      );
      for (const row of page.Versions ?? []) {
        rows += 1;
        sum += (row.Key?.length ?? 0) + (row.VersionId?.length ?? 0) + (row.Size ?? 0) + (row.ETag?.length ?? 0) - 2;
        sum += (row.LastModified?.getTime() ?? 0) % 1000;
      }
      for (const row of page.DeleteMarkers ?? []) {
        rows += 1;
        sum += (row.Key?.length ?? 0) + (row.VersionId?.length ?? 0) + ((row.LastModified?.getTime() ?? 0) % 1000);
      }
      if (page.IsTruncated !== true) return { rows, sum };
      marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
  };
}

const list = who === "ours" ? await ours() : sdk();
const round = async () => await Promise.all(prefixes.map(list));
await round();
const began = performance.now();
const cpu = process.cpuUsage();
let [rows, sum] = [0, 0];
for (let n = 0; n < Number(rounds); n++) {
  for (const shard of await round()) {
    rows += shard.rows;
    sum += shard.sum;
  }
}
const { user, system } = process.cpuUsage(cpu);
const figures = { rows, sum, cpu: (user + system) / 1000, wall: performance.now() - began };
process.stdout.write(`${JSON.stringify(figures)}\n`);
