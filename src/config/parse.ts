import { isMap, isScalar, isSeq, parseDocument, type Document, type Node } from "yaml";
import { z } from "zod";
import { nearestWord } from "../base/nearest-word.ts";
import { normalise, type Configuration } from "./configuration.ts";
import { rowsOfBrokenText, rowsOfDocument } from "./excerpt.ts";
import { faultyFile, type Fault } from "./fault.ts";
import { configurationDefinition } from "./schema.ts";
import { isOpenValue } from "./open-places.ts";
import { structureFaults, syntaxFault } from "./yaml-faults.ts";

/**
 * Reads a configuration. Fails with `config`, telling every fault with its file, line and column, the line itself, and
 * the nearest known key for one that is unknown. Never repeats a value that stands where a secret should.
 */
export function parseConfiguration(source: string, file: string): Configuration {
  const text = source.replace(/^\uFEFF/, "");
  const document = parseDocument(text, {
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    keepSourceTokens: true,
  });
  const broken = syntaxFault(document);
  if (broken !== null) throw faultyFile([broken], { file, text, showRow: rowsOfBrokenText(text) });
  const structure = structureFaults(document);
  const content = contentOf(document);
  const parsed = configurationDefinition.safeParse(content, { reportInput: true });
  const faults = [...structure, ...(parsed.success || content === undefined ? [] : faultsOf(parsed.error, document))];
  if (parsed.success && faults.length === 0) return normalise(parsed.data);
  throw faultyFile(faults.length === 0 ? [unreadable] : faults, {
    file,
    text,
    showRow: rowsOfDocument(document, text),
  });
}

const unreadable: Fault = { offset: 0, message: "its aliases (*) multiply beyond reason", suggestion: null };

/** What the file says, or undefined where its aliases cannot be followed: to nothing, or to too much. */
function contentOf(document: Document): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

type Issue = z.core.$ZodIssue;

function faultsOf({ issues }: z.ZodError, document: Document): readonly Fault[] {
  const unknown = issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? unknownKeys(issue) : []));
  const others = issues.filter((issue) => issue.code !== "unrecognized_keys" && !isEchoOf(unknown, issue));
  return [
    ...unknown.map(({ key, place, nearest, known }) => ({
      offset: offsetOf(document, [...place, key]),
      message: `unknown key "${key}"${place.length === 0 ? "" : ` in ${place.join(".")}`}`,
      suggestion: nearest === null ? `known are ${known.join(", ")}` : `did you mean "${nearest}"?`,
    })),
    ...others.map((issue) => ({
      offset: valueOffsetOf(document, issue.path) ?? offsetOf(document, issue.path),
      message: `${issue.path.length === 0 ? "the file" : issue.path.join(".")}: ${messageOf(issue)}`,
      suggestion: suggestionFor(issue),
    })),
  ];
}

interface UnknownKey {
  readonly key: string;
  readonly place: readonly PropertyKey[];
  readonly nearest: string | null;
  readonly known: readonly string[];
}

function unknownKeys({ path, keys }: z.core.$ZodIssueUnrecognizedKeys): readonly UnknownKey[] {
  const known = knownKeys(path);
  return keys.map((key) => ({ key, place: path, nearest: nearestWord(key, known), known }));
}

/** Whether a mistyped key explains it: the key that is missing because of it, or a rule of the map that it stands in. */
function isEchoOf(unknown: readonly UnknownKey[], issue: Issue): boolean {
  const isMissing = issue.code === "invalid_type" && issue.input === undefined;
  return unknown.some(({ place, nearest }) => {
    if (issue.code === "custom") return samePath(place, issue.path);
    return isMissing && nearest !== null && samePath([...place, nearest], issue.path);
  });
}

function samePath(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

function messageOf(issue: Issue): string {
  if (issue.code === "invalid_type" && issue.input === undefined) return "it is missing";
  if (issue.code === "invalid_type" && issue.input === null && issue.path.length === 0) return "it is empty";
  if (issue.code === "invalid_key") return `the name ${issue.issues[0]?.message ?? "is not one"}`;
  return issue.message;
}

function suggestionFor(issue: Issue): string | null {
  if (issue.code !== "invalid_value" || typeof issue.input !== "string") return null;
  const nearest = nearestWord(issue.input, issue.values.map(String));
  return nearest === null ? null : `did you mean "${nearest}"?`;
}

/** The keys that the definition knows at a path; walked in the JSON Schema, which has one shape for every kind of node. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let node: unknown = z.toJSONSchema(configurationDefinition);
  for (const step of path) {
    const { properties, additionalProperties } = fieldsOf(node);
    const named = fieldsOf(properties);
    node = Object.hasOwn(named, step) ? named[String(step)] : additionalProperties;
  }
  return Object.keys(fieldsOf(fieldsOf(node)["properties"]));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Where the value at the path stands, or null where it may not be shown: its key then says more than what hides it. */
function valueOffsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  const node: unknown = document.getIn(path, true);
  if (!isScalar(node) || !node.range || node.range[0] === node.range[1]) return null;
  const names = path.filter((step) => typeof step === "string");
  return isOpenValue(names, node.value) ? node.range[0] : null;
}

/** Where the key that the path names stands, or the list's item, or the nearest one above it that the file has. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let found: Node | null = null;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (isScalar(pair?.key)) found = pair.key;
      node = pair?.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (isScalar(item)) found = item;
      node = item;
    } else break;
  }
  return found?.range?.[0] ?? 0;
}
