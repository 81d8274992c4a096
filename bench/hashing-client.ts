import { createHash } from "node:crypto";
import { objectKey } from "../src/base/object-key.ts";
import { openBenchStore } from "./bench-store.ts";

/*
 * Reads an object through our store and hashes it: `node hashing-client.ts PORT TIMES`. The first time is to warm up.
 * Prints a line of JSON with the bytes, the CPU and the wall time of the others, in milliseconds.
 */
const [port = "", times = ""] = process.argv.slice(2);
const store = await openBenchStore(port);

async function hash(): Promise<number> {
  const content = await store.read(objectKey("home/data/00/x"), null);
  if (content === null) throw new Error("there is nothing to hash");
  const sha256 = createHash("sha256");
  for await (const part of content.bytes) sha256.update(part);
  sha256.digest();
  return content.size;
}

await hash();
const began = performance.now();
const cpu = process.cpuUsage();
let bytes = 0;
for (let n = 0; n < Number(times); n++) bytes += await hash();
const { user, system } = process.cpuUsage(cpu);
const figures = { bytes, cpu: (user + system) / 1000, wall: performance.now() - began };
process.stdout.write(`${JSON.stringify(figures)}\n`);
