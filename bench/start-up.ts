import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { interleavedMedians } from "./interleaved.ts";
import type { BenchRow } from "./row.ts";

const program = path.resolve(import.meta.dirname, "../dist/holdfast.js");

/** How long `--version` and `--help` take beside an empty program on the same Node. */
export function startUp(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "hf-bench-"));
  const empty = path.join(folder, "empty.mjs");
  writeFileSync(empty, "");
  try {
    return Promise.resolve(
      ["--version", "--help"].map((flag): BenchRow => {
        const { ours, peer } = interleavedMedians(
          { program: process.execPath, arguments: [program, flag] },
          { program: process.execPath, arguments: [empty] },
          31,
        );
        const ratio = ours / peer;
        return {
          name: `holdfast ${flag} / empty program`,
          ours,
          peer,
          unit: "ms",
          ratio,
          goal: "ratio <= 1.3",
          met: ratio <= 1.3,
        };
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
