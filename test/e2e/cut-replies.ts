import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutAt, startCuttingProxy, type Choose, type CuttingProxy } from "../stores/cutting-proxy.ts";
import type { RealStore, RunningStore } from "../stores/real-stores.ts";
import type { S3Request } from "../stores/s3-wire.ts";
import { AttackedBucket } from "./attacked-bucket.ts";
import { openHost, type Host } from "./host.ts";
import { RollbackTrial } from "./rollback-trial.ts";
import type { RunOptions } from "./run-holdfast.ts";
import { SeededRandom } from "./seeded-random.ts";

interface Kind {
  readonly name: string;
  readonly fits: (request: S3Request) => boolean;
  /** Which of those is cut, counted from 0. */
  readonly n: number;
}

const isBatch = ({ operation }: S3Request): boolean => operation === "DeleteObjects";
const namesVersions = ({ body }: S3Request): boolean => body.includes("<VersionId>");

/** Every kind of request that an apply sends, and rests on. */
const kinds: readonly Kind[] = [
  { name: "a batch that lifts markers", fits: (request) => isBatch(request) && namesVersions(request), n: 0 },
  { name: "a batch that hides", fits: (request) => isBatch(request) && !namesVersions(request), n: 1 },
  { name: "a copy", fits: ({ operation }) => operation === "CopyObject", n: 2 },
  { name: "a put of what had the id null", fits: ({ operation }) => operation === "PutObject", n: 0 },
  { name: "a reading of the versioning", fits: ({ operation }) => operation === "GetBucketVersioning", n: 2 },
  { name: "a page of the listing", fits: ({ operation }) => operation === "ListObjectVersions", n: 1 },
];

/** Each breaks the connection at that request, and is what the user may see of it. */
const cuts = ["dropped before the store sees it", "done and its reply cut", "done and the process killed"] as const;

const trialsABucket = 6;

/** The connection breaks at one request of an apply, on either side of the store's commit. */
export function describeCuts({ name, isHere, start }: RealStore, seed: number): void {
  describe.skipIf(!isHere)(`apply on a real ${name}, cut off`, () => {
    const random = new SeededRandom(seed);
    let running: RunningStore;
    let proxy: CuttingProxy;
    let choose: Choose = () => ({ kind: "pass" });
    let victim: { readonly host: Host; readonly bucket: AttackedBucket } | null = null;
    let trials = 0;
    beforeAll(async () => {
      running = await start();
      proxy = await startCuttingProxy(running.store.endpoint, (request) => choose(request));
    });
    afterAll(async () => {
      await victim?.host.remove();
      await proxy.stop();
      await running.stop();
    });

    const begin = async (): Promise<RollbackTrial> => {
      if (victim === null || trials % trialsABucket === 0) {
        await victim?.host.remove();
        const place = `cuts-${trials}/home`;
        const host = await openHost(running.store, place);
        const bucket = new AttackedBucket(running.store, place, { random, objects: 60 });
        await bucket.lay();
        victim = { host: host.with({ location: `s3:${proxy.endpoint}/${place}` }), bucket };
      }
      trials += 1;
      choose = () => ({ kind: "pass" });
      return await RollbackTrial.begin(victim);
    };

    const table = cuts.flatMap((cut) => kinds.map((kind) => ({ ...kind, cut })));
    it.each(table)("ends as planned when $name is $cut", async ({ fits, n, cut }) => {
      const trial = await begin();
      const passed = proxy.passages.length;
      const options: RunOptions = {
        whileRunning: (child) => {
          const first = cut === "done and the process killed" ? () => void child.kill("SIGKILL") : undefined;
          const verdict = cut.startsWith("dropped")
            ? { kind: "drop" as const }
            : { kind: "cut" as const, ...(first && { first }) };
          choose = cutAt(fits, verdict, n);
        },
      };
      const { code } = await trial.runWithBreak(options);
      const broken = proxy.passages.slice(passed).filter(({ verdict }) => verdict !== "pass");
      expect(broken).toHaveLength(1);
      expect([0, 75, null]).toContain(code);
      expect(code === null).toBe(cut === "done and the process killed");
      await trial.runToTheEnd();
      await trial.compare();
    });
  });
}
