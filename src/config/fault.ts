import { Failure } from "../base/failure.ts";

/** One fault of a file, with its place. */
export interface Fault {
  /** In the text, from 0. */
  readonly offset: number;
  readonly message: string;
  readonly suggestion: string | null;
}

/** A row as it may be shown, and what of it to underline; `column` counts from 0. */
export interface ShownRow {
  readonly text: string;
  readonly column: number;
  readonly length: number;
}

/** Shows the row from `start` to `end` of the text with the place at `offset`, without what may be a secret. */
export type ShowRow = (row: { readonly start: number; readonly end: number }, offset: number) => ShownRow;

interface FaultyFile {
  readonly file: string;
  readonly text: string;
  readonly showRow: ShowRow;
}

/** The failure that tells every fault in the order of the file, each with its line, its column and the line itself. */
export function faultyFile(faults: readonly Fault[], { file, text, showRow }: FaultyFile): Failure {
  const starts = rowStarts(text);
  const told = faults
    .toSorted((a, b) => a.offset - b.offset)
    .flatMap((fault) => {
      const line = starts.findLastIndex((start) => start <= fault.offset) + 1;
      const start = starts[line - 1] ?? 0;
      const end = (starts[line] ?? text.length + 1) - 1;
      const shown = showRow({ start, end: text[end - 1] === "\r" ? end - 1 : end }, fault.offset);
      return [`${file}:${line}:${fault.offset - start + 1}  ${fault.message}`, ...pointer(line, shown, fault)];
    });
  return new Failure({
    kind: "config",
    action: "use the configuration",
    subject: file,
    problem: `${faults.length === 1 ? "one fault" : `${faults.length} faults`}\n${told.join("\n")}`,
    hint: "mend the file, then: holdfast config validate",
  });
}

function pointer(line: number, { text, column, length }: ShownRow, { suggestion }: Fault): readonly string[] {
  const number = String(line);
  const mark = `${" ".repeat(column)}${"^".repeat(Math.max(1, length))}`;
  return [
    `  ${number} | ${text.replaceAll("\t", " ")}`.trimEnd(),
    `  ${" ".repeat(number.length)}   ${mark}${suggestion === null ? "" : `  ${suggestion}`}`,
  ];
}

function rowStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}
