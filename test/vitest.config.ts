import { availableParallelism } from "node:os";
import path from "node:path";
import { defineConfig } from "vitest/config";
import { ClosingLine } from "./closing-line.ts";
import { SlowFirst } from "./slow-first.ts";

const root = path.resolve(import.meta.dirname, "..");
/** Tests that need a real store, a real restic or the built program; the rest runs alone in seconds. */
const real = [
  "test/conformance/**",
  "test/e2e/**",
  "test/stores/**",
  "test/templates/**",
  "test/retention/restic-agrees.test.ts",
];
const unitOnly = process.env["HOLDFAST_TEST_UNIT"] === "1";

export default defineConfig({
  root,
  test: {
    include: ["test/**/*.test.ts"],
    exclude: unitOnly ? real : [],
    globalSetup: unitOnly ? [] : [path.join(import.meta.dirname, "global-setup.ts")],
    reporters: ["default", new ClosingLine()],
    // Most wait for restic and the stores more than they compute.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SlowFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
