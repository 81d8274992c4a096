import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A temporary folder of this test's own. */
export class NewFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), "holdfast-files-"));

  of(...parts: readonly string[]): string {
    return path.join(this.path, ...parts);
  }

  /** The permissions of a file or folder in it: `700`. */
  modeOf(...parts: readonly string[]): string {
    return (statSync(this.of(...parts)).mode & 0o777).toString(8);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
