import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../base/failure.ts";

/** Where the package's own files stand: beside dist/ when built, three folders up from the source. */
function packageRoot(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const candidates = [path.resolve(here, ".."), path.resolve(here, "../../..")];
  return candidates.find((folder) => existsSync(path.join(folder, "profiles", "generic.yaml"))) ?? here;
}

/**
 * Reads a file that ships with Holdfast: `profiles/minio.yaml`. Null where there is none of that name. Fails with
 * `defect` where the package itself is incomplete.
 */
export async function readPackageFile(name: string): Promise<string | null> {
  const root = packageRoot();
  try {
    return await readFile(path.join(root, name), "utf8");
  } catch (error) {
    if (existsSync(path.join(root, "profiles", "generic.yaml"))) return null;
    throw new Failure({
      kind: "defect",
      action: "read",
      subject: name,
      problem: "the files that ship with Holdfast are not where the program is",
      hint: "install Holdfast again",
      cause: error,
    });
  }
}
