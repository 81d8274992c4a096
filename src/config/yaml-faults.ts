import { isAlias, isMap, isPair, isScalar, visit, type CST, type Document, type ErrorCode, type YAMLMap } from "yaml";
import type { Fault } from "./fault.ts";
import { isOpenMap } from "./open-places.ts";

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

/** The first place where the text stops being YAML as a configuration has it, or null. The rest is mostly its echo. */
export function syntaxFault(document: Document): Fault | null {
  const faults: Fault[] = document.errors.map(({ pos, code }) => ({
    offset: pos[0],
    message: words[code] ?? "this is not proper YAML",
    suggestion: null,
  }));
  visit(document, {
    Node: (_, node) => {
      const opening = document.errors.length === 0 ? null : unclosed(node.srcToken);
      if (opening !== null) faults.push(opening);
    },
    Pair: (_, { key, value }) => {
      if (!isScalar(key)) return;
      const message = wordlessKey(String(key.value), value);
      if (message !== null) faults.push({ offset: key.range?.[0] ?? 0, message, suggestion: null });
    },
  });
  return faults.toSorted((a, b) => a.offset - b.offset)[0] ?? null;
}

const closing: Readonly<Record<string, string>> = { "[": "]", "{": "}" };

/** A bracket or a quote that is left open, told where it opens: the parser notices far below, at what it swallowed. */
function unclosed(token: CST.Token | undefined): Fault | null {
  if (token?.type === "flow-collection") {
    const bracket = token.start.source;
    const isClosed = token.end.some(({ source }) => source === closing[bracket]);
    const message = `the bracket ${bracket} is not closed with ${closing[bracket] ?? ""}`;
    return isClosed ? null : { offset: token.start.offset, message, suggestion: null };
  }
  if (token?.type !== "single-quoted-scalar" && token?.type !== "double-quoted-scalar") return null;
  const [quote = ""] = token.source;
  const isClosed = token.source.length > 1 && token.source.endsWith(quote);
  return isClosed ? null : { offset: token.offset, message: `the quote ${quote} is not closed`, suggestion: null };
}

/** Why it is no key at all, though YAML takes it for one: a value, and maybe a secret, is in it. */
function wordlessKey(key: string, value: unknown): string | null {
  if (value === null) return "a word without a colon; a value with a comma in it must stand in quotes";
  return /[\s:]/.test(key) ? "a key is one word; its value comes after a colon and a space" : null;
}

/** What YAML allows and a configuration does not have: a key twice in one map, tags, an alias of nothing. */
export function structureFaults(document: Document): readonly Fault[] {
  const faults: Fault[] = document.warnings.map(({ pos }) => ({
    offset: pos[0],
    message: "a tag (a word that begins with !) has no meaning here",
    suggestion: null,
  }));
  visit(document, (_, node, ancestors) => {
    if (isMap(node)) {
      const pairs = ancestors.filter((each) => isPair(each));
      const path = pairs.map(({ key }) => (isScalar(key) ? String(key.value) : ""));
      faults.push(...repeatedKeys(node, path));
    }
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

function repeatedKeys(map: YAMLMap, path: readonly string[]): readonly Fault[] {
  const seen = new Set<string>();
  const place = path.length === 0 ? "" : ` in ${path.join(".")}`;
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const name = String(key.value);
    const isFirst = !seen.has(name);
    seen.add(name);
    if (isFirst) return [];
    const message = isOpenMap(path) ? `the key "${name}" stands twice${place}` : "a key stands here twice";
    return [{ offset: key.range?.[0] ?? 0, message, suggestion: null }];
  });
}
