import { count } from "./figures.ts";
import { wrap } from "./table.ts";

/** `what` is counted, in a few words; `note` is what there is to say of it, empty where there is nothing. */
export type FigureRow = readonly [label: string, figure: number, what: string, note: string];

const whatWidth = 23;
const leastNote = 20;

/**
 * `  proven       1,204    by hash                the bytes were read`: the figures right-aligned, the note in a column
 * of its own, broken at spaces there. On a narrow screen the note goes under what it is about.
 */
export function figureRows(rows: readonly FigureRow[], width: number): readonly string[] {
  return rows.flatMap((row) => figureRow(row, width));
}

function figureRow([label, figure, what, note]: FigureRow, width: number): readonly string[] {
  const numbers = `  ${label.padEnd(11)}${count(figure).padStart(7)}`;
  const wide = `${numbers}    `;
  const room = width - wide.length - whatWidth;
  const whatOnly = note === "" && width - wide.length >= what.length;
  if (whatOnly) return [`${wide}${what}`.trimEnd()];
  if (room >= leastNote && what.length < whatWidth) {
    return hang(`${wide}${what.padEnd(whatWidth)}`, note, width);
  }
  const narrow = `${numbers}  `;
  return [...hang(narrow, what, width), ...(note === "" ? [] : hang(" ".repeat(narrow.length), note, width))];
}

/** `text` behind `lead`, broken in that column; under it, further left, where a word is too long for the column. */
export function hang(lead: string, text: string, width: number): readonly string[] {
  const room = width - lead.length;
  if (!text.split(" ").some((word) => word.length > room)) {
    return wrap(text, room).map((line, index) => `${index === 0 ? lead : " ".repeat(lead.length)}${line}`);
  }
  const lines = wrap(text, width - 4).map((line) => `    ${line}`);
  return lead.trim() === "" ? lines : [lead.trimEnd(), ...lines];
}
