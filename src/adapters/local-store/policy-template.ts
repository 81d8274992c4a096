import { Failure } from "../../base/failure.ts";
import { readPackageFile } from "../files/package-files.ts";

/**
 * A policy of templates/policy/ with its words filled in: `${BUCKET}`, `${PREFIX}` (empty or ending in a slash). The
 * values stand inside JSON texts, so they are escaped as such.
 */
export async function readPolicy(name: string, words: Readonly<Record<string, string>>): Promise<string> {
  const file = `templates/policy/${name}`;
  const text = await readPackageFile(file);
  if (text === null) {
    throw new Failure({
      kind: "defect",
      action: "read",
      subject: file,
      problem: "there is no such template",
      hint: "install Holdfast again",
    });
  }
  return text.replace(/\$\{([A-Z]+)\}/g, (all, word: string) => {
    const value = words[word];
    return value === undefined ? all : JSON.stringify(value).slice(1, -1);
  });
}
