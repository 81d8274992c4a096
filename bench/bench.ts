import { printRows, type BenchRow } from "./row.ts";

/** Each benchmark by its name, loaded when it is asked for. */
const benches: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  "start-up": async () => await (await import("./start-up.ts")).startUp(),
  overhead: async () => await (await import("./overhead.ts")).overhead(),
  "listing-cpu": async () => await (await import("./listing.ts")).listingCpu(),
  "listing-rate": async () => await (await import("./listing.ts")).listingRate(),
  hashing: async () => await (await import("./hashing.ts")).hashing(),
  size: async () => await (await import("./size.ts")).size(),
  "rollback-requests": async () => await (await import("./rollback.ts")).rollbackRequests(),
  "rollback-deleted": async () => await (await import("./rollback.ts")).rollbackDeleted(),
  "rollback-overwritten": async () => await (await import("./rollback.ts")).rollbackOverwritten(),
  "plan-at-scale": async () => await (await import("./plan-at-scale.ts")).planAtScale(),
};

const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith("--"));
const unknown = wanted.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}.\n`);
  process.exit(64);
}
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) printRows(await run(), words.includes("--json"));
}
