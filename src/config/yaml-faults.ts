import { isAlias, isMap, isScalar, visit, type Document, type ErrorCode } from "yaml";
import type { Fault } from "./fault.ts";

/** Our own words for what is wrong with the YAML: the parser's repeat the text, which may be a secret. */
const words: Partial<Readonly<Record<ErrorCode, string>>> = {
  BAD_ALIAS: "a value that begins with * or & must stand in quotes",
  BAD_DIRECTIVE: "a directive (%) is not known",
  BAD_DQ_ESCAPE: "a backslash in \"…\" is followed by a letter that means nothing; in '…' it stands for itself",
  BAD_INDENT: "the indentation fits nothing above it",
  BAD_SCALAR_START: "a value that begins with this character must stand in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a second key in one line, or a value with a colon that needs quotes",
  BLOCK_IN_FLOW: "a block cannot stand within { } or [ ]",
  MISSING_CHAR: "a quote, a bracket or a comma is missing",
  MULTILINE_IMPLICIT_KEY: "a key without its colon and the space after it",
  MULTIPLE_DOCS: "a second document begins; the file holds one",
  NON_STRING_KEY: "a key is a word, not a list or a map",
  TAB_AS_INDENT: "a tab; indent with spaces",
};

/** The first place where the text stops being YAML, or null. What comes after it is mostly its echo. */
export function syntaxFault(document: Document): Fault | null {
  const [error] = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (error === undefined) return null;
  return { offset: error.pos[0], message: words[error.code] ?? "this is not proper YAML", suggestion: null };
}

/** What YAML allows and a configuration does not have: a key twice in one map, tags, an alias of nothing. */
export function structureFaults(document: Document): readonly Fault[] {
  const faults: Fault[] = document.warnings.map(({ pos }) => ({
    offset: pos[0],
    message: "a tag (a word that begins with !) has no meaning here",
    suggestion: null,
  }));
  visit(document, (_, node) => {
    if (isMap(node)) faults.push(...repeatedKeys(node.items.map(({ key }) => key)));
    if (isAlias(node) && node.resolve(document) === undefined) {
      faults.push({
        offset: node.range?.[0] ?? 0,
        message: "a word that begins with * stands for an anchor (&) above it, and there is none",
        suggestion: "in quotes it is plain text",
      });
    }
  });
  return faults;
}

function repeatedKeys(keys: readonly unknown[]): readonly Fault[] {
  const seen = new Set<string>();
  return keys.filter(isScalar).flatMap((key) => {
    const name = String(key.value);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ offset: key.range?.[0] ?? 0, message: `the key "${name}" stands here twice`, suggestion: null }];
  });
}
