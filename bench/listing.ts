import { figuresOf, startScript } from "./child-script.ts";
import { median } from "./interleaved.ts";
import type { BenchRow } from "./row.ts";

const sides = ["ours", "sdk"] as const;
type Side = (typeof sides)[number];

interface Listing {
  readonly shards: number;
  readonly pages: number;
  /** Milliseconds that the server takes for a page. */
  readonly delay: number;
  /** How often all shards are listed in one run, for each side about as long. */
  readonly rounds: Readonly<Record<Side, number>>;
  readonly runs: number;
}

type Figures = Readonly<Record<string, number>>;
type Measure = (figures: Figures) => number;

/** CPU per 1000 versions, user and system, of a process that lists one shard page by page and looks at every row. */
export async function listingCpu(): Promise<readonly BenchRow[]> {
  const work = { shards: 1, pages: 30, delay: 0, rounds: { ours: 10, sdk: 3 }, runs: 5 };
  const { ours, sdk } = await medians(work, ({ cpu = 0, rows = 1 }) => (cpu / rows) * 1000);
  const ratio = sdk / ours;
  const name = "listing, CPU per 1000 versions / SDK";
  return [{ name, ours, peer: sdk, unit: "ms", ratio, goal: ">= 10 x less", met: ratio >= 10 }];
}

/** Versions a second of one process with 16 shards under way, where every page takes the server 20 ms. */
export async function listingRate(): Promise<readonly BenchRow[]> {
  const work = { shards: 16, pages: 10, delay: 20, rounds: { ours: 6, sdk: 1 }, runs: 3 };
  const { ours, sdk } = await medians(work, ({ rows = 0, wall = 1 }) => (rows / wall) * 1000);
  const ratio = ours / sdk;
  const met = ours >= 400_000 && ratio >= 10;
  return [
    { name: "listing, 16 shards / SDK", ours, peer: sdk, unit: "versions/s", ratio, goal: ">= 400000, >= 10 x", met },
  ];
}

/** The two sides in turn on the same pages, both to the last row. */
async function medians(work: Listing, measure: Measure): Promise<Readonly<Record<Side, number>>> {
  const { shards, pages, delay, rounds, runs } = work;
  const { line: port, stop } = await startScript("page-server.ts", [shards, pages, delay].map(String));
  const values = { ours: [] as number[], sdk: [] as number[] };
  const sums = new Set<number>();
  try {
    for (let run = 0; run < runs; run++) {
      for (const side of sides) {
        const figures = await figuresOf("listing-client.ts", [side, port, `${shards}`, `${rounds[side]}`]);
        values[side].push(measure(figures));
        sums.add((figures["sum"] ?? 0) / rounds[side]);
      }
    }
  } finally {
    await stop();
  }
  if (sums.size !== 1) throw new Error(`the two sides read other rows: ${[...sums].join(", ")}`);
  return { ours: median(values.ours), sdk: median(values.sdk) };
}
