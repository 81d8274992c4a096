import { hash } from "node:crypto";

/** What a chain starts from: the hash before the first line. */
const chainStart = "0".repeat(64);

/** A JSON object that stands on a line of its own. */
export type Line = Readonly<Record<string, unknown>>;

/**
 * Writes JSON lines in which each carries `chain`: the SHA-256, in hex, over the previous line's `chain` followed by
 * the line's own JSON text without `chain`. So a damaged, cut or edited file is noticed (see `parseChainedLines`);
 * whoever can recompute the chain can forge it, which is why the last hash is printed to be noted elsewhere.
 */
export class ChainWriter {
  #last: string;

  constructor(continueFrom: string = chainStart) {
    this.#last = continueFrom;
  }

  get last(): string {
    return this.#last;
  }

  /** The text of the next line, without its newline. `chain` always stands last. */
  line(content: Line): string {
    return this.text(JSON.stringify(content).slice(0, -1));
  }

  /** As `line`, for the JSON text of an object up to its last brace, so that none need be parsed or cut to be chained. */
  text(open: string): string {
    this.#last = chainHash(this.#last, `${open}}`);
    return `${open}${open === "{" ? "" : ","}"chain":"${this.#last}"}`;
  }
}

/** Checks line after line of what `ChainWriter` wrote. */
export class ChainReader {
  #last: string;

  constructor(continueFrom: string = chainStart) {
    this.#last = continueFrom;
  }

  /** The hash of the line read last. */
  get last(): string {
    return this.#last;
  }

  /** What the line says, without `chain`; null where it does not follow from the line before it. */
  take(text: string): Line | null {
    const content = linkedContent(text, this.#last);
    if (content === null) return null;
    this.#last = content.chain;
    return content.line;
  }
}

export type ChainVerdict =
  | { readonly kind: "whole"; readonly lines: readonly Line[]; readonly last: string }
  /** `lines` holds what stands before the damage; `at` counts lines from 1. */
  | {
      readonly kind: "damaged";
      readonly lines: readonly Line[];
      readonly last: string;
      readonly at: number;
      readonly reason: string;
    };

const chainField = /,?"chain":"([0-9a-f]{64})"\}$/;

/** Reads what `ChainWriter` wrote. A file that does not end in a newline was cut and is damaged at its last line. */
export function parseChainedLines(text: string): ChainVerdict {
  const lines: Line[] = [];
  const chain = new ChainReader();
  const rows = text.split("\n");
  const rest = rows.pop();
  for (const [index, row] of rows.entries()) {
    const line = chain.take(row);
    const { last } = chain;
    if (line === null) return { kind: "damaged", lines, last, at: index + 1, reason: "the chain of hashes breaks" };
    lines.push(line);
  }
  const { last } = chain;
  if (rest !== "") return { kind: "damaged", lines, last, at: rows.length + 1, reason: "the last line is cut off" };
  return { kind: "whole", lines, last };
}

function linkedContent(row: string, last: string): { readonly line: Line; readonly chain: string } | null {
  const match = chainField.exec(row);
  const chain = match?.[1];
  if (match === null || chain === undefined) return null;
  const body = `${row.slice(0, match.index)}}`;
  if (chainHash(last, body) !== chain) return null;
  try {
    const line: unknown = JSON.parse(body);
    return typeof line === "object" && line !== null && !Array.isArray(line) ? { line: line as Line, chain } : null;
  } catch {
    return null;
  }
}

function chainHash(previous: string, body: string): string {
  return hash("sha256", previous + body);
}
