import { spawnSync } from "node:child_process";
import { figuresOf, startScript } from "./child-script.ts";
import { median } from "./interleaved.ts";
import type { BenchRow } from "./row.ts";

const mebibytes = 512;
const runs = 5;
const goal = 600;

/**
 * How much of a proof by hash one core does: a version read over loopback through our store and hashed, beside `curl |
 * openssl dgst -sha256` on the same bytes from the same server. By CPU, user and system, of all that belong to a side; the
 * server is a process of its own and counts for neither.
 */
export async function hashing(): Promise<readonly BenchRow[]> {
  const { line: port, stop } = await startScript("object-server.ts", [`${mebibytes}`]);
  const ours: number[] = [];
  const theirs: (number | null)[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const { bytes = 0, cpu = 1 } = await figuresOf("hashing-client.ts", [port, "2"]);
      ours.push(bytes / 1024 / 1024 / (cpu / 1000));
      theirs.push(throughOpenssl(port));
    }
  } finally {
    await stop();
  }
  const known = theirs.filter((value) => value !== null);
  const [mine, peer] = [median(ours), known.length < runs ? null : median(known)];
  return [
    {
      name: "proof by hash, a core / curl|openssl",
      ours: mine,
      peer,
      unit: "MiB/s",
      ratio: peer === null ? null : mine / peer,
      goal: `>= ${goal} MiB/s`,
      met: mine >= goal,
    },
  ];
}

/** Null where this machine lacks one of the two. */
function throughOpenssl(port: string): number | null {
  const script = `set -o pipefail; curl -sf http://127.0.0.1:${port}/x | openssl dgst -sha256 >/dev/null && times`;
  const { status, stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  if (status !== 0) return null;
  // The second line of `times` is what the children used: `0m0.421s 0m0.310s`, user and system.
  const used = Array.from(stdout.split("\n")[1]?.matchAll(/(\d+)m([\d.]+)s/g) ?? [], ([, minutes, seconds]) => {
    return Number(minutes) * 60 + Number(seconds);
  });
  return mebibytes / used.reduce((sum, each) => sum + each, 0);
}
