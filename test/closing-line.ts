import type { Reporter, TestModule } from "vitest/node";

/** Prints the counts as the last line of a run: `412 passed, 0 failed, 0 skipped`. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        counts[test.result().state] += 1;
        tests += 1;
      }
      if (module.state() === "failed" && (tests === 0 || module.errors().length > 0)) counts.failed += 1;
    }
    const { passed, failed, skipped, pending } = counts;
    // vitest writes its own summary after the reporters; this one is to stand last.
    process.on("exit", () =>
      process.stdout.write(`\n${passed} passed, ${failed + pending} failed, ${skipped} skipped\n`),
    );
  }
}
