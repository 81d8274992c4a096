import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take a minute and more, the longest first: begun last, one of them would be waited for alone. */
const slow = ["demo", "kill-nine", "main-job", "prune.ceph", "attacks", "purge", "cut-replies", "wrong-store"];

function rank({ moduleId }: TestSpecification): number {
  const place = slow.findIndex((name) => moduleId.includes(`/e2e/${name}.`) || moduleId.includes(`bad-input/${name}.`));
  return place === -1 ? slow.length : place;
}

/** Begins with what takes longest. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => rank(a) - rank(b));
  }
}
