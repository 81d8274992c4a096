import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from "yaml";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { nearestWord } from "../base/nearest-word.ts";
import { normalise, type Configuration } from "./configuration.ts";
import { configurationDefinition } from "./schema.ts";

/** One fault of a file, with its place. Lines and columns count from 1. */
interface Fault {
  readonly line: number;
  readonly column: number;
  /** How many columns to underline. */
  readonly length: number;
  readonly message: string;
  readonly suggestion: string | null;
}

/**
 * Reads a configuration. Fails with `config`, telling every fault with its file, line and column, the line itself, and
 * the nearest known key for one that is unknown. Never repeats a value that stands where a secret should.
 */
export function parseConfiguration(text: string, file: string): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const broken = document.errors.map((error) =>
    faultAt(lines, error.pos[0], 1, { message: error.message, suggestion: null }),
  );
  if (broken.length > 0) throw faulty(broken, text, file);
  const parsed = configurationDefinition.safeParse(document.toJS() ?? {});
  if (parsed.success) return normalise(parsed.data);
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, document, lines));
  throw faulty(faults, text, file);
}

type Issue = z.core.$ZodIssue;

function faultsOf(issue: Issue, document: Document, lines: LineCounter): readonly Fault[] {
  if (issue.code !== "unrecognized_keys") {
    const place = issue.path.length === 0 ? "the file" : issue.path.join(".");
    const message = `${place}: ${messageOf(issue)}`;
    return [faultOf(document, lines, issue.path, { message, suggestion: null })];
  }
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const nearest = nearestWord(key, known);
    return faultOf(document, lines, [...issue.path, key], {
      message: `unknown key "${key}"${issue.path.length === 0 ? "" : ` in ${issue.path.join(".")}`}`,
      suggestion: nearest === null ? `known are ${known.join(", ")}` : `did you mean "${nearest}"?`,
    });
  });
}

function messageOf(issue: Issue): string {
  if (issue.code === "invalid_type" && issue.input === undefined) return "it is missing";
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? "not a name";
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

/** The keys that the definition knows at a path; walked in the JSON Schema, which has one shape for every kind of node. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let node: unknown = z.toJSONSchema(configurationDefinition);
  for (const step of path) {
    const { properties, additionalProperties } = fieldsOf(node);
    node = fieldsOf(properties)[String(step)] ?? additionalProperties;
  }
  return Object.keys(fieldsOf(fieldsOf(node)["properties"]));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

type Words = Pick<Fault, "message" | "suggestion">;

function faultOf(document: Document, lines: LineCounter, path: readonly PropertyKey[], words: Words): Fault {
  const node = nodeAt(document, path);
  const [start, end] = node?.range ?? [0, 1];
  return faultAt(lines, start, Math.max(1, end - start), words);
}

function faultAt(lines: LineCounter, offset: number, length: number, words: Words): Fault {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col), length, ...words };
}

/** The key that the path names, or the nearest one above it that the file has. */
function nodeAt(document: Document, path: readonly PropertyKey[]): Node | null {
  let node: unknown = document.contents;
  let found: Node | null = null;
  for (const step of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
    if (pair === undefined) break;
    if (isScalar(pair.key)) found = pair.key;
    node = pair.value;
  }
  return found;
}

function faulty(faults: readonly Fault[], text: string, file: string): Failure {
  const rows = text.split("\n");
  const told = faults
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .flatMap((fault) => [
      `${file}:${fault.line}:${fault.column}  ${fault.message}`,
      ...pointer(fault, rows[fault.line - 1] ?? ""),
    ]);
  return new Failure({
    kind: "config",
    action: "use the configuration",
    subject: file,
    problem: `${faults.length === 1 ? "one fault" : `${faults.length} faults`}\n${told.join("\n")}`,
    hint: "mend the file, then: holdfast config validate",
  });
}

/** The line with the place underlined; what follows a colon is left out, for it may be a secret put there by mistake. */
function pointer(fault: Fault, row: string): readonly string[] {
  const number = String(fault.line);
  const shown = row.replace(/^(\s*(?:- )?[\w-]+:)\s+.*\S.*$/, "$1 …").replace(/\{.*$/, "{ …");
  const length = Math.max(1, Math.min(fault.length, shown.length - fault.column + 1));
  const mark = `${" ".repeat(fault.column - 1)}${"^".repeat(length)}`;
  return [
    `  ${number} | ${shown}`,
    `  ${" ".repeat(number.length)}   ${mark}${fault.suggestion === null ? "" : `  ${fault.suggestion}`}`,
  ];
}
